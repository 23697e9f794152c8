#include "tests/support/training.h"

#include "ref/ops/table.h"

#include <string.h>

char training_said[TS_MESSAGE];

json_t *training_json(const char *settings)
{
    char text[2048];
    size_t i = 0;
    for (; settings[i] && i + 1 < sizeof text; i++)
        text[i] = settings[i] == '\'' ? '"' : settings[i];
    text[i] = 0;
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (!json)
        fail_msg("%s: %s", text, error.text);
    return json;
}

ts_status training_run(const char *settings, ts_dtype compute, training_change *change,
                       ts_train_result *result)
{
    ts_ctx ctx;
    ts_train_settings s;
    ts_train_data data = {0};
    json_t *json = training_json(settings);
    ts_train_job job = {.settings = &s, .json = json, .data = &data, .compute = 0.001};
    ts_ctx_open(&ctx, ts_table_named("fast"), compute, 1);
    if (change)
        change(&job);
    if (!ts_train_settings_read(&ctx, &s, json, "settings") &&
        !ts_train_data_open(&ctx, &data, &s,
                            s.task == TS_TRAIN_LM ? TRAINING_TEXT : TRAINING_DIGITS) &&
        !ts_train_data_complete(&ctx, &data, json) &&
        !ts_train_settings_read(&ctx, &s, json, "settings")) {
        const ts_comm_config config = {.topology = ts_topology_of(s.ranks, s.nodes),
                                       .engine = TS_ENGINE_THREADS,
                                       .clock = true,
                                       .time_limit = 60};
        ts_train(&ctx, &job, &config, result);
    }
    const ts_status status = ctx.status;
    memcpy(training_said, ctx.message, sizeof training_said);
    ts_train_data_close(&data);
    ts_ctx_close(&ctx);
    json_decref(json);
    return status;
}
