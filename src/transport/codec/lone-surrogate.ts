/**
 * What a text holds that is not well-formed, and would arrive as another character. Without the flag "u": with it,
 * WebKits of 2022 take every character beyond the first plane for two surrogates.
 */
export const loneSurrogate: RegExp = /(?:^|[^\uD800-\uDBFF])[\uDC00-\uDFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])/;
