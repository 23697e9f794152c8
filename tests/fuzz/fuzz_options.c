/* A command line: the first line names the command, each further line is a word. */
#include "tests/fuzz/fuzz.h"

#include "ref/cli/command.h"
#include "ref/cli/registry.h"
#include "ref/cli/report.h"
#include "ref/cli/scene.h"
#include "ref/cli/setup.h"
#include "ref/edit/noise.h"
#include "ref/text/clean.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 64 };

static const ts_command *const commands[] = {
#define COMMAND(name) &ts_command_##name,
#include "ref/cli/commands.def"
#undef COMMAND
};

/* The values that name something. */
static void named(ts_ctx *ctx, const char *value)
{
    ts_clean clean;
    ts_report_format report;
    ts_dtype format;
    int64_t width, height;
    if (ts_size_read(ctx, "--size", value, &width, &height))
        ts_ctx_clear(ctx);
    else
        fuzz_require(width > 0 && height > 0, "a size is positive");
    ts_noise_stream_named(ctx, value);
    ts_ctx_clear(ctx);
    ts_clean_named(ctx, &clean, value);
    ts_ctx_clear(ctx);
    ts_report_format_from(ctx, value, &report);
    ts_ctx_clear(ctx);
    ts_format_from(ctx, value, &format);
    ts_ctx_clear(ctx);
}

static void module_of(ts_ctx *ctx, const char *name, json_t *settings)
{
    ts_call call = {.module = NULL};
    const ts_module *module = ts_registry_find(ctx, name, &call);
    if (module && settings)
        ts_registry_check_settings(ctx, module, name, settings);
    ts_ctx_clear(ctx);
}

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
            named(ctx, o->values[i]);
        }
    for (int i = 0; i < o->count; i++)
        ts_words_add(&words, o->arguments[i]);
    if (!ts_setup_how(ctx, &how, &format, o) && !ts_setup_settings(ctx, &how, &job, o))
        fuzz_require(!job.settings || json_is_object(job.settings), "settings are an object");
    for (int i = 0; i < o->count && !ctx->status; i++)
        module_of(ctx, o->arguments[i], job.settings);
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
