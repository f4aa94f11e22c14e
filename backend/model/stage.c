/* stage.c: see stage.h. */
#include "model/stage.h"

bool stage_moves(enum stage stage)
{
    switch (stage) {
    case STAGE_CANARY:
    case STAGE_BAKE:
    case STAGE_REHEARSE:
    case STAGE_SETTLE:
    case STAGE_WAVE:
    case STAGE_ROLLING_BACK:
        return true;
    case STAGE_NONE:
    case STAGE_HELD:
    case STAGE_STABLE:
    case STAGE_ROLLED_BACK:
    case STAGE_COUNT:
        break;
    }
    return false;
}

bool stage_in_flight(enum stage stage)
{
    return stage == STAGE_HELD || stage_moves(stage);
}
