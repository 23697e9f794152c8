/* trainer.h: a training, from its first step to its last, on all ranks.
 *
 * Every step: each rank computes the gradient of its part of the global batch; the gradients become
 * their mean (exchange.h); every rank changes its own copy of the parameters in the same way. From
 * time to time a checksum proves that the copies are still the same bits. */
#ifndef TS_TRAIN_TRAINER_H
#define TS_TRAIN_TRAINER_H

#include "ref/train/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const ts_train_settings *settings;
    const json_t *json; /* what the settings were read from: for checkpoints and the log */
    const ts_train_data *data;
    const char *folder;   /* of checkpoints, or NULL: none */
    bool resume;          /* from the checkpoint that stands there, if one does */
    int64_t every;        /* steps between checkpoints; 0: only at the end */
    int64_t steps;        /* end after so many steps, counted from the beginning; 0: never before */
    int64_t tell;         /* steps between lines of the log; 0: 10 */
    int64_t check;        /* steps between checksums; 0: 100 */
    double compute;       /* seconds of forward and backward on the virtual clock; negative: as
                             measured on this machine, processor time of the rank's thread */
    bool error;           /* measure how far the exchanged gradient is from the mean */
    const char *log;      /* a file for lines of JSON, or NULL */
} ts_train_job;

typedef struct {
    int64_t step;          /* that were done, those before a resume included */
    int64_t total;         /* that there would be */
    int64_t resumed;       /* the step that it began at */
    int64_t skipped;       /* steps left out for gradients that were not finite */
    double loss;           /* of training: mean over the steps since the last line */
    ts_train_score score;  /* of the last evaluation */
    double step_seconds;   /* virtual, of a step, mean over this run */
    double bytes[TS_LINK_CLASSES]; /* all ranks', of a step */
    double error;          /* relative, of the exchanged gradient: mean over the measured steps */
    double seconds;        /* real */
    bool stopped;          /* by the user */
} ts_train_result;

/* Runs it on the topology of the configuration, whose ranks are those of the settings. */
ts_status ts_train(ts_ctx *ctx, const ts_train_job *job, const ts_comm_config *config,
                   ts_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
