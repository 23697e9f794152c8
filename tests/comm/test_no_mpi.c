#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/comm/mpi.h"
#include "tests/support/ranks.h"

static ts_status body(ts_comm *comm, void *arg)
{
    (void)arg;
    return comm->ctx->status;
}

/* A build without MPI says so; a build with it, outside of mpirun, is one process. */
static void says_so(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_comm_config config = {.topology = ranks_topology(2, 1), .engine = TS_ENGINE_MPI};
    if (!ts_mpi_version()) {
        assert_int_equal(ts_mpi_size(), 0);
        assert_int_equal(ts_mpi_rank(), 0);
        assert_int_equal(ts_mpi_end(3), 3);
        assert_int_equal(ts_comm_run(&ctx, &config, body, NULL), TS_ERROR_UNSUPPORTED);
        assert_string_equal(ctx.message,
                            "ranks as processes: this build has no MPI (make MPI=1)");
    }
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
