import {
  Check,
  ChevronRight,
  CircleHelp,
  Contrast,
  Copy,
  Crown,
  Database,
  Download,
  File,
  Flag,
  Folder,
  History,
  KeyRound,
  ListChecks,
  LockKeyhole,
  LogOut,
  Moon,
  Pause,
  Play,
  Plus,
  Radio,
  Search,
  Server,
  Star,
  Sun,
  Timer,
  Trash2,
  TriangleAlert,
  Upload,
  Users,
  X,
} from "lucide";
import { h, type JSX } from "preact";

/** All icons are of one set, so that they look alike. */
const icons = {
  check: Check,
  contrast: Contrast,
  copy: Copy,
  database: Database,
  delete: Trash2,
  download: Download,
  file: File,
  flag: Flag,
  folder: Folder,
  help: CircleHelp,
  history: History,
  key: KeyRound,
  leader: Crown,
  leave: LogOut,
  lock: LockKeyhole,
  moon: Moon,
  open: ChevronRight,
  pause: Pause,
  play: Play,
  plus: Plus,
  live: Radio,
  search: Search,
  select: ListChecks,
  server: Server,
  star: Star,
  sun: Sun,
  timer: Timer,
  upload: Upload,
  users: Users,
  warning: TriangleAlert,
  close: X,
};

export type IconName = keyof typeof icons;

/** An icon, hidden from screen readers: a text beside it or the name of the button says what it means. */
export function Icon({ name, className = "" }: { readonly name: IconName; readonly className?: string }): JSX.Element {
  return (
    <svg class={`icon ${className}`} viewBox="0 0 24 24" aria-hidden="true">
      {icons[name].map(([tag, attributes], i) => h(tag, { ...attributes, key: i }))}
    </svg>
  );
}
