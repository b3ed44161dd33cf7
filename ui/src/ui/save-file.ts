/** Lets the browser save a file. */
export function saveFile(name: string, content: Blob | Uint8Array): void {
  const blob = content instanceof Blob ? content : new Blob([new Uint8Array(content)]);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replaceAll(/[^\w.-]+/g, "-") || "value";
  link.click();
  // By then the browser has read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
