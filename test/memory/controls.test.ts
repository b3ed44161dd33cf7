import { testControls } from "./controls.ts";

testControls();
