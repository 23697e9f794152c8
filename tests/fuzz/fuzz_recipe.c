/* A recipe: whatever can be read can be trained by, as far as its numbers go. */
#include "tests/fuzz/fuzz.h"

#include "ref/io/json.h"
#include "ref/train/settings.h"

int fuzz_recipe(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_train_settings s;
    ts_ctx_open_plain(&ctx);
    json_t *json = ts_json_parse(&ctx, (const char *)data, (int64_t)size, "recipe", 0);
    if (!ctx.status && !ts_train_settings_read(&ctx, &s, json, "recipe")) {
        fuzz_require(s.stages >= 1 && s.stages <= TS_TRAIN_STAGES, "there are stages");
        fuzz_require(s.nodes >= 1 && s.nodes <= s.ranks, "every node has a rank");
        fuzz_require(s.fold >= 0 && s.fold < s.folds, "the fold exists");
        for (int i = 0; i < s.stages; i++) {
            fuzz_require(s.stage[i].batch % s.ranks == 0, "batches divide by the ranks");
            fuzz_require(s.stage[i].epochs > 0, "a stage has epochs");
        }
        fuzz_require(!ts_train_settings_same(&ctx, json, json, "recipe"), "it equals itself");
    }
    json_decref(json);
    fuzz_end(&ctx);
    return 0;
}
