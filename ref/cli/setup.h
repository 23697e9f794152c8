/* setup.h: what run, check and diff share in reading their options. */
#ifndef TS_CLI_SETUP_H
#define TS_CLI_SETUP_H

#include "ref/cli/options.h"
#include "ref/cli/runner.h"

#define TS_HOW_OPTIONS                                                                             \
    {"--precision", "FORMAT", "f64, f32 (default), bf16 or f16"},                                  \
        {"--backend", "NAME", "plain, fast (default) or blas"},                                    \
        {"--threads", "N", "threads; 0 (default): one for each processor"}

/* --precision, --backend, --threads. */
ts_status ts_setup_how(ts_ctx *ctx, ts_how *how, ts_dtype *format, const ts_options *o);

/* The --set words into the job; "sinusoid" goes into `how`, from the job's settings, too. */
ts_status ts_setup_settings(ts_ctx *ctx, ts_how *how, ts_job *job, const ts_options *o);

/* Does the message of a usage error speak of the key of a --set word? Then the command line is wrong,
 * and not the case. */
bool ts_setup_blames(const ts_options *o, const char *message);

/* Words of a command, quoted as a shell needs them; what does not fit is left out. */
typedef struct {
    char *text;
    size_t room, length;
} ts_words;
void ts_words_add(ts_words *w, const char *word);

#endif
