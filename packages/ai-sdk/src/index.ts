export const name: string = "";
