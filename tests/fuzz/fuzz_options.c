/* A command line: the first line names the command, each further line is a word. */
#include "tests/fuzz/fuzz.h"

#include "ref/cli/command.h"
#include "ref/cli/setup.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 64 };

static const ts_command *const commands[] = {
#define COMMAND(name) &ts_command_##name,
#include "ref/cli/commands.def"
#undef COMMAND
};

/* What the commands do with their options before they begin to work. */
static void use(ts_ctx *ctx, const ts_options *o)
{
    ts_how how;
    ts_dtype format;
    ts_job job = {0};
    char line[256];
    ts_words words = {.text = line, .room = sizeof line};
    for (int i = 0; i < o->given; i++)
        if (o->values[i]) {
            ts_option_int(ctx, o, o->names[i], 0, -5, 1 << 30);
            ts_ctx_clear(ctx);
            ts_option_real(ctx, o, o->names[i], 0, -1e9, 1e9);
            ts_ctx_clear(ctx);
        }
    for (int i = 0; i < o->count; i++)
        ts_words_add(&words, o->arguments[i]);
    if (!ts_setup_how(ctx, &how, &format, o) && !ts_setup_settings(ctx, &how, &job, o))
        fuzz_require(!job.settings || json_is_object(job.settings), "settings are an object");
    if (ctx->status)
        ts_setup_blames(o, ctx->message);
    ts_job_free(&job);
}

int fuzz_options(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *word[WORDS], *save = NULL;
    int count = 0;
    fuzz_require(text != NULL, "memory");
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *w = strtok_r(text, "\n", &save); w && count < WORDS; w = strtok_r(NULL, "\n", &save))
        word[count++] = w;
    for (size_t i = 0; count && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(word[0], commands[i]->name) == 0) {
            ts_ctx ctx;
            ts_options o;
            ts_ctx_open_plain(&ctx);
            if (!ts_options_parse(&ctx, &o, commands[i]->options, count - 1, word + 1))
                use(&ctx, &o);
            ts_options_free(&o);
            fuzz_end(&ctx);
        }
    free(text);
    return 0;
}
