/* A case file, JSON or safetensors. */
#include "tests/fuzz/fuzz.h"

#include "ref/cli/case.h"
#include "ref/cli/registry.h"

int fuzz_case(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_case c;
    const bool json = size && data[0] == '{';
    ts_ctx_open_plain(&ctx);
    ts_case_open(&ctx, &c, fuzz_file(json ? "case.json" : "case.safetensors", data, size));
    for (int64_t i = 0; !ctx.status && i < c.count; i++) {
        fuzz_touch(c.targets[i].published);
        fuzz_touch(c.targets[i].truth);
        fuzz_touch(c.targets[i].truth_sin32);
        fuzz_require(c.targets[i].name && ts_kind_name(c.targets[i].kind), "targets have names");
    }
    if (!ctx.status && c.job.module) {
        ts_call call = {0};
        const ts_module *module = ts_registry_find(&ctx, c.job.module, &call);
        if (module)
            ts_registry_check_settings(&ctx, module, c.job.module, c.job.settings);
    }
    ts_case_close(&c);
    fuzz_end(&ctx);
    return 0;
}
