import { Argument, type Command, type Option } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import type { Start } from "../cli/session.ts";
import { write } from "../output/terminal.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function addCompletion(program: Command, start: Start): void {
  program
    .command("completion")
    .summary("print a script that completes commands in a shell")
    .description(
      "Prints a script that completes commands and options. Evaluate it when the shell starts, for example with " +
        "`source <(threadstore completion bash)` in ~/.bashrc.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) =>
      start(async ({ terminal }) => {
        await write(terminal.stdout, SCRIPTS[shell](program));
        return EXIT.done;
      }),
    );
}

/** The names of a command's options, such as `--json` and `-n`. */
function optionsOf(command: Command): string[] {
  return ["--help", ...command.options.flatMap(({ long, short }) => [long, short])].filter(
    (name) => name !== undefined && name !== null,
  );
}

/** The values that the last argument of a command can have, if they are known. */
function valuesOf(command: Command): readonly string[] {
  return command.registeredArguments.at(-1)?.argChoices ?? [];
}

function bashScript(program: Command): string {
  const cases = program.commands.map(
    (command) =>
      `    ${command.name()}) options="${optionsOf(command).join(" ")}" values="${valuesOf(command).join(" ")}" ;;`,
  );
  const choices = program.commands.flatMap((command) =>
    command.options.flatMap(({ long, argChoices }) =>
      argChoices === undefined ? [] : [`    ${command.name()}${long}) values="${argChoices.join(" ")}" ;;`],
    ),
  );
  return `_threadstore() {
  local word="\${COMP_WORDS[COMP_CWORD]}" options="" values=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${program.commands.map((command) => command.name()).join(" ")} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "\${COMP_WORDS[1]}\${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) if [ -n "$values" ]; then COMPREPLY=($(compgen -W "$values" -- "$word"))
      else COMPREPLY=($(compgen -f -- "$word")); fi ;;
  esac
}
complete -F _threadstore threadstore
`;
}

/** Zsh runs completions of Bash. */
function zshScript(program: Command): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`;
}

function fishScript(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const seen = `complete -c threadstore -n "__fish_seen_subcommand_from ${command.name()}"`;
    const options = command.options.map((option) => {
      const { long, short, description } = option;
      const names = [long && `-l ${long.slice(2)}`, short && `-s ${short.slice(1)}`].filter(Boolean);
      return [seen, ...names, ...fishValuesOf(option), `-d ${quoted(description)}`].join(" ");
    });
    const values = valuesOf(command);
    return [
      `complete -c threadstore -n __fish_use_subcommand -f -a ${command.name()} -d ${quoted(command.summary())}`,
      ...(values.length === 0 ? [] : [`${seen} -f -a ${quoted(values.join(" "))}`]),
      ...options,
      `${seen} -l help -s h -d 'print the options'`,
    ];
  });
  return `${lines.join("\n")}\n`;
}

/** Returns whether an option has a value, and its choices. */
function fishValuesOf({ required, argChoices }: Option): string[] {
  if (argChoices !== undefined) return [`-x -a ${quoted(argChoices.join(" "))}`];
  return required ? ["-r"] : [];
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}
