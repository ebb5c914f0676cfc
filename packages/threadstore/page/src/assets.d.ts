declare module "*.css";
declare module "*.svg" {
  const url: string;
  export default url;
}
declare module "@fontsource-variable/inter/wght.css";
