/** Texts of errors of the parser, which has words of its own in each implementation. */
export const parserText: RegExp = /^(proto|json|strconv|illegal base64|invalid character|unexpected|unknown value)\b/;
