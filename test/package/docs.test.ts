import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import * as fetcd from "../../src/index.ts";
import { entries, manifest, readText, root } from "./project.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ".github/pull_request_template.md",
  "llms.txt",
  "bench/README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, "examples"))
    .map((name) => `examples/${name}/README.md`)
    .filter((path) => existsSync(join(root, path))),
];

/** The headings of a page as its links name them. */
function anchors(path: string): string[] {
  const text = readText(path).replaceAll(/^```[\s\S]*?^```$/gm, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe("The pages", () => {
  it.each(pages)("%s leads to files and headings that are there", (page) => {
    const missing = [...readText(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].filter(
      ([, path = "", anchor]) => {
        const target = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchors(target).includes(anchor);
      },
    );
    expect(missing.map(([link]) => link)).toEqual([]);
  });
});

/** Calls of a client, such as `etcd.lease.grant`, in a text. */
function callsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\betcd((?:\.\w+)+)\(/g)].map(([, path = ""]) => path.slice(1)))];
}

function isThere(path: string): boolean {
  const etcd: unknown = fetcd.createEtcd();
  const found = path
    .split(".")
    .reduce((at, name) => (typeof at === "object" && at !== null ? Reflect.get(at, name) : undefined), etcd);
  return typeof found === "function";
}

describe("docs/reasons.md", () => {
  const rows = [...readText("docs/reasons.md").matchAll(/^\| `(\w+)` \|(.*)\|(.*)\|$/gm)].map(
    ([, reason = "", happened = "", todo = ""]) => ({ reason, happened: happened.trim(), todo: todo.trim() }),
  );
  const source = readText("src/transport/errors/reasons.ts");
  const declared = [...source.matchAll(/^ +\| "(\w+)"/gm)].map(([, reason = ""]) => reason);

  it("has one line for each reason of the type, and no other", () => {
    expect(declared.length).toBeGreaterThan(80);
    expect(rows.map(({ reason }) => reason).toSorted()).toEqual(declared.toSorted());
  });

  it("says of each what happened and what to do", () => {
    expect(rows.filter(({ happened, todo }) => happened === "" || todo === "")).toEqual([]);
  });

  it("tells no two reasons in the same words", () => {
    const texts = rows.map(({ happened }) => happened);
    expect(texts.filter((text, i) => texts.indexOf(text) !== i)).toEqual([]);
  });
});

describe("docs/troubleshooting.md", () => {
  it("has each symptom under the words that users see, with the cause and the remedy", () => {
    const sections = readText("docs/troubleshooting.md").split(/^## /m).slice(1);
    const whole = sections.filter((text) => /\*\*You see\*\*[^]*\*\*Why\.\*\*[^]*\*\*What to do\.\*\*/.test(text));
    expect(whole).toEqual(sections);
    expect(sections.map((text) => text.split("\n")[0])).toEqual([
      "CORS error in the console",
      "A call hangs for 10 seconds",
      "404 page not found",
      "BigInt cannot be serialized",
      "expected bytes, got object",
      "Must use import to load ES Module",
      "A watch ends after 5 minutes",
      "The port is ignored in Workers",
      "PermissionDenied on _fetcd/op/",
      "AuthNotEnabled",
    ]);
  });
});

describe("README.md", () => {
  it("is no longer than 200 lines", () => {
    expect(readText("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  });

  it("leads to every page of docs", () => {
    const text = readText("README.md");
    expect(pages.filter((page) => page.startsWith("docs/") && !text.includes(`](${page})`))).toEqual([]);
  });
});

describe("docs/comparison.md", () => {
  it("has the sizes of the README", () => {
    const [, packages, installed] = /\| to install \| (\d+) packages, ([\d.]+ MB)/.exec(readText("README.md")) ?? [];
    const [, bundle] = /all of `fetcd\/v2` \| (\d+), /.exec(readText("README.md")) ?? [];
    const text = readText("docs/comparison.md");
    expect([packages, installed, bundle]).not.toContain(undefined);
    expect(text).toContain(`| packages, with what they need | ${packages} |`);
    expect(text).toContain(`| installed | ${installed} |`);
    expect(text).toContain(`| in a bundle | ${bundle} kB |`);
  });
});

describe("docs/migrating.md", () => {
  it("names calls that a client has", () => {
    const calls = callsOf(readText("docs/migrating.md"));
    expect(calls.length).toBeGreaterThan(20);
    expect(calls.filter((path) => !isThere(path))).toEqual([]);
  });
});

describe("The forms for issues", () => {
  const forms = ["bug", "idea", "config"].map((name) => readText(`.github/ISSUE_TEMPLATE/${name}.yml`)).join("\n");

  it("lead into the repository of the package, to pages that are there", () => {
    const [repository = ""] = manifest.homepage.split("#");
    const links = [...forms.matchAll(/https:\/\/[^\s)]+/g)].map(([link]) => link);
    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((link) => !link.startsWith(`${repository}/`))).toEqual([]);
    const files = links.flatMap((link) => link.split("/blob/main/")[1] ?? []);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe("llms.txt", () => {
  const text = readText("llms.txt");

  it("names each entry of the package, and the page of what it exports", () => {
    for (const { subpath } of entries) {
      const [title, file] = subpath === "." ? ["fetcd", "fetcd"] : [`fetcd/${subpath.slice(2)}`, subpath.slice(2)];
      expect(text).toContain(`- [${title}](docs/api/${file}.api.md): `);
    }
  });

  it("names each function that the main entry exports", () => {
    const functions = Object.entries(fetcd).filter(([, value]) => typeof value === "function");
    const unnamed = functions.map(([name]) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(unnamed).toEqual([]);
  });

  it("names the calls of a client, and none that it does not have", () => {
    const [, section = ""] = /## A client\n([\s\S]*?)\n## /.exec(text) ?? [];
    const named = section.split("\n").flatMap((line) => {
      const [, head = "", rest = ""] = /^- (.*?): (.*)$/.exec(line) ?? [];
      return rest.split("; ").flatMap((part, index) => {
        const [, group = index === 0 ? head : "", names = part] = /^(`auth\.\w+`): (.*)$/.exec(part) ?? [];
        const service = /^`(.*)`$/.exec(group)?.[1];
        return [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) =>
          service === undefined ? name : `${service}.${name}`,
        );
      });
    });
    expect(named.toSorted()).toEqual(membersOf(fetcd.createEtcd()).toSorted());
  });

  it("is published", () => {
    expect(manifest.files).toContain("llms.txt");
  });
});

/** What a client has, by its way there; what is not an object is a member. */
function membersOf(value: object, path = ""): string[] {
  return Object.keys(value).flatMap((name) => {
    const member: unknown = Reflect.get(value, name);
    const isService =
      typeof member === "object" && member !== null && Object.getPrototypeOf(member) === Object.prototype;
    return isService ? membersOf(member, `${path}${name}.`) : [`${path}${name}`];
  });
}
