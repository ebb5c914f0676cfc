// Types of the Responses API that older versions of the `openai` package do not have. A test compares them with the
// newest version's.

/** The change to one file that an apply_patch call asks for, in the wire form. */
export type PatchOperation =
  | { readonly type: "create_file"; readonly path: string; readonly diff: string }
  | { readonly type: "update_file"; readonly path: string; readonly diff: string }
  | { readonly type: "delete_file"; readonly path: string };

/** The commands of a call of the shell tool, in the wire form. */
export interface ShellAction {
  readonly commands: string[];
  /** How many characters of each command's output to return. */
  readonly max_output_length: number | null;
  /** How long the commands may run, in milliseconds. */
  readonly timeout_ms: number | null;
}

/** The output of one command, in the wire form. */
export interface ShellOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly outcome: { readonly type: "timeout" } | { readonly type: "exit"; readonly exit_code: number };
}

/** The declarations of the computer tool, in the wire form. */
export type ComputerDeclaration =
  | { readonly type: "computer" }
  | {
      readonly type: "computer_use_preview";
      readonly display_height: number;
      readonly display_width: number;
      readonly environment: "windows" | "mac" | "linux" | "ubuntu" | "browser";
    };
