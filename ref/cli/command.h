/* command.h: what a subcommand is.
 *
 * One file, one subcommand: it defines `const ts_command ts_command_NAME` and has one line in
 * commands.def. main.c parses its options, answers --help, and turns its status into an exit code:
 * 0 fine, 1 failed, 2 usage, 130 interrupted. */
#ifndef TS_CLI_COMMAND_H
#define TS_CLI_COMMAND_H

#include "ref/cli/options.h"

#include <signal.h>

typedef struct {
    const char *name;
    const char *usage;        /* what stands behind the name: "MODULE --inputs FILE --out FILE" */
    const char *text;         /* one line: what it does */
    const char *more;         /* paragraphs for --help, or NULL */
    const ts_option *options; /* ended by {0} */
    int (*run)(const ts_options *options); /* the exit code; says its own failures */
} ts_command;

#define COMMAND(name) extern const ts_command ts_command_##name;
#include "ref/cli/commands.def"
#undef COMMAND

enum { TS_EXIT_FINE = 0, TS_EXIT_FAILED = 1, TS_EXIT_USAGE = 2, TS_EXIT_INTERRUPTED = 130 };

/* The exit code for the context's status; a failure is said on standard error. */
int ts_exit_code(const ts_ctx *ctx);

/* What Ctrl-C sets: for ts_progress.stop. */
const volatile sig_atomic_t *ts_stop_flag(void);
void ts_stop_catch(void); /* from here on Ctrl-C sets the flag, and a second one ends the program */

#endif
