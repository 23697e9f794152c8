/* main.c: `touchstone COMMAND ...`: finds the subcommand, reads its options, returns its exit code. */
#include "ref/cli/command.h"
#include "ref/cli/core.h"
#include "ref/comm/mpi.h"

#include <stdio.h>
#include <string.h>

#if !defined(TS_VERSION)
#define TS_VERSION "unknown"
#endif

static const ts_command *const commands[] = {
#define COMMAND(name) &ts_command_##name,
#include "ref/cli/commands.def"
#undef COMMAND
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_commands(FILE *to)
{
    fputs("usage: touchstone COMMAND [OPTION]... [ARGUMENT]...\n\n", to);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->text);
    fputs("\n`touchstone COMMAND --help` says more; `touchstone --version` prints the version.\n"
          "Exit codes: 0 fine, 1 failed, 2 usage, 130 interrupted.\n", to);
}

static void print_help(const ts_command *c)
{
    printf("usage: touchstone %s %s\n\n%s\n", c->name, c->usage, c->text);
    if (c->more)
        printf("\n%s\n", c->more);
    if (c->options[0].name)
        putchar('\n');
    for (const ts_option *o = c->options; o->name; o++) {
        char left[80];
        snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        printf("  %-28s %s\n", left, o->text);
    }
}

static const ts_command *find(const char *name)
{
    const char *names[COMMANDS + 1] = {0};
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
        names[i] = commands[i]->name;
    }
    const char *near = ts_nearest(name, names);
    fprintf(stderr, "touchstone: unknown command \"%s\"", name);
    if (near)
        fprintf(stderr, "; did you mean %s?", near);
    fputs("\nTry: touchstone --help\n", stderr);
    return NULL;
}

static int run(const ts_command *c, int argc, char **argv)
{
    ts_ctx ctx;
    ts_options o;
    int code;
    ts_ctx_open_plain(&ctx);
    if (ts_options_parse(&ctx, &o, c->options, argc, argv)) {
        code = ts_exit_code(&ctx);
        fprintf(stderr, "Try: touchstone %s --help\n", c->name);
    } else if (ts_option_on(&o, "--help")) {
        print_help(c);
        code = TS_EXIT_FINE;
    } else {
        code = c->run(&o);
    }
    ts_options_free(&o);
    ts_ctx_close(&ctx);
    return code;
}

static int main_of(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stderr);
        return TS_EXIT_USAGE;
    }
    const char *first = argv[1];
    int code = TS_EXIT_FINE;
    if (strcmp(first, "--version") == 0)
        puts("touchstone " TS_VERSION);
    else if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 ||
             (strcmp(first, "help") == 0 && argc == 2))
        print_commands(stdout);
    else {
        const bool help = strcmp(first, "help") == 0;
        static char asked[] = "--help";
        char *words[] = {asked, NULL};
        const ts_command *c = find(help ? argv[2] : first);
        ts_stop_catch();
        code = !c ? TS_EXIT_USAGE : help ? run(c, 1, words) : run(c, argc - 2, argv + 2);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("touchstone: standard output could not be written\n", stderr);
        return code ? code : TS_EXIT_FAILED;
    }
    return code;
}

/* Under mpirun this is one process of several: mpi.h. */
int main(int argc, char **argv)
{
    ts_core_choose(argv);
    ts_mpi_begin(&argc, &argv);
    return ts_mpi_end(main_of(argc, argv));
}
