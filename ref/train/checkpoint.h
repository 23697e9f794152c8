/* checkpoint.h: a training on the disk, from which it goes on bit for bit.
 *
 *     DIR/checkpoint.json                   the step, the settings
 *     DIR/step-000120-rank-003.safetensors  what rank 3 alone has: running averages, residuals; of
 *                                           rank 0 also parameters (by their PyTorch names) and the
 *                                           optimiser's state, which are the same on all ranks
 *
 * Ranks write their files, then rank 0 renames a new checkpoint.json over the old one, then files of
 * older steps go. Killed at any moment, the folder holds the old checkpoint or the new one whole;
 * files that no checkpoint.json names are removed by the next save. Nothing random is kept: random
 * numbers are functions of seed and step. */
#ifndef TS_TRAIN_CHECKPOINT_H
#define TS_TRAIN_CHECKPOINT_H

#include "ref/train/exchange.h"
#include "ref/train/update.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    ts_model *model;
    ts_update *update;
    ts_exchange *exchange;
} ts_train_state;

/* All ranks call. The folder is made when there is none. */
ts_status ts_checkpoint_save(ts_comm *world, const char *folder, const ts_train_state *state,
                             const json_t *settings, int64_t step);

/* The step of the checkpoint in the folder; -1: there is none. Fails when it was made with other
 * settings, the number of ranks among them. */
int64_t ts_checkpoint_step(ts_ctx *ctx, const char *folder, const json_t *settings);

/* Fills the state, which has been opened as for the step, from that checkpoint. All ranks call. */
ts_status ts_checkpoint_load(ts_comm *world, const char *folder, const ts_train_state *state,
                             int64_t step);

#ifdef __cplusplus
}
#endif
#endif
