// The text of the style sheet, as the build puts it in.
declare const css: string;
export default css;
