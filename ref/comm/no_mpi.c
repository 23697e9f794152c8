/* no_mpi.c: the seam of mpi.h in builds without MPI. Test: tests/comm/test_no_mpi.c. */
#include "ref/comm/mpi.h"
#include "ref/comm/self.h"

void ts_mpi_begin(int *argc, char ***argv)
{
    (void)argc, (void)argv;
}

int ts_mpi_end(int code)
{
    return code;
}

int ts_mpi_size(void)
{
    return 0;
}

int ts_mpi_rank(void)
{
    return 0;
}

const char *ts_mpi_version(void)
{
    return NULL;
}

ts_status ts_comm_run_mpi(ts_ctx *ctx, const ts_comm_config *config, ts_comm_body *body, void *arg)
{
    (void)config, (void)body, (void)arg;
    return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                   "ranks as processes: this build has no MPI (make MPI=1)");
}
