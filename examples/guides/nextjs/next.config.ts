// next.config.ts
const config: object = {
  // The viewer reads the files of its page from its folder, so it must not become part of a bundle.
  serverExternalPackages: ["threadstore"],
  // The address of its page ends with a slash.
  skipTrailingSlashRedirect: true,
};

export default config;
