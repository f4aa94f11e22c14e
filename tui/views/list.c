/* list.c: see list.h. */
#include "views/list.h"

#include "base/hash.h"
#include "base/mem.h"
#include "views/filter.h"
#include "views/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_key(const struct row *row, char out[224])
{
    snprintf(out, 224, "%s/%s", row->service->cluster, row->service->id);
}

struct place {
    uint64_t hash;
    size_t row;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static uint64_t hash_of(const char *key)
{
    return hash_mix(HASH_SEED, key, strlen(key));
}

/* Every row of the frame in the held order; those it does not know come last. */
static void hold_order(const struct screen *screen, const struct frame *frame,
                       const struct row **out)
{
    struct place *places = xcalloc(frame->row_count + 1, sizeof *places);
    bool *taken = xcalloc(frame->row_count + 1, sizeof *taken);
    size_t n = 0;
    char key[224];

    for (size_t i = 0; i < frame->row_count; i++) {
        write_key(frame->rows[i], key);
        places[i] = (struct place){.hash = hash_of(key), .row = i};
    }
    qsort(places, frame->row_count, sizeof *places, compare_places);
    for (size_t i = 0; i < screen->order_count; i++) {
        struct place want = {.hash = hash_of(screen->order[i])};
        struct place *found =
            bsearch(&want, places, frame->row_count, sizeof *places, compare_places);
        if (!found || taken[found->row])
            continue;
        taken[found->row] = true;
        out[n++] = frame->rows[found->row];
    }
    for (size_t i = 0; i < frame->row_count; i++)
        if (!taken[i])
            out[n++] = frame->rows[i];
    free(places);
    free(taken);
}

static void keep_order(struct screen *screen, const struct row *const *rows, size_t count)
{
    ARRAY_RESERVE(screen->order, screen->order_cap, count + 1);
    for (size_t i = 0; i < count; i++)
        write_key(rows[i], screen->order[i]);
    screen->order_count = count;
}

void list_select(struct list *list, struct screen *screen, size_t index)
{
    if (index >= list->count)
        return;
    list->selected = index;
    snprintf(screen->cluster, sizeof screen->cluster, "%s", list->rows[index]->service->cluster);
    snprintf(screen->service, sizeof screen->service, "%s", list->rows[index]->service->id);
}

/* Where the lost selection was among what is shown now: in front of it stood so many. */
static size_t place_of_lost(const struct list *list, const struct screen *screen)
{
    char key[224], at[224];
    size_t before = 0;

    snprintf(key, sizeof key, "%s/%s", screen->cluster, screen->service);
    for (size_t i = 0; i < screen->order_count; i++) {
        if (strcmp(screen->order[i], key) == 0)
            return before;
        if (before < list->count) {
            write_key(list->rows[before], at);
            before += strcmp(at, screen->order[i]) == 0;
        }
    }
    return 0;
}

const char *const sort_word[SORT_COUNT] = {
#define X(id, word) [SORT_##id] = word,
    SORTS(X)
#undef X
};

/* Rows come in order of urgency; equal ones stay in that order. */
struct sorted {
    const struct row *row;
    size_t order;
    enum sort by;
    bool reversed;
};

static int compare_numbers(double a, double b)
{
    return a < b ? -1 : a > b;
}

static double share(uint32_t part, uint32_t all)
{
    return all ? (double)part / all : 2;
}

static int compare_by(const struct row *a, const struct row *b, enum sort by)
{
    switch (by) {
    case SORT_NAME:
        return strcmp(a->service->name, b->service->name);
    case SORT_CLUSTER:
        return strcmp(a->service->cluster, b->service->cluster);
    case SORT_LIVE:
        return strcmp(a->from, b->from);
    case SORT_STEP:
        return compare_numbers(share(a->step, a->steps), share(b->step, b->steps));
    case SORT_DONE:
        return compare_numbers(share(a->have, a->want), share(b->have, b->want));
    case SORT_SINCE: /* the youngest first, unknown ones last */
        return compare_numbers((double)b->since_utc_ms, (double)a->since_utc_ms);
    case SORT_BY:
        return strcmp(a->by, b->by);
    case SORT_URGENCY:
    case SORT_COUNT:
        break;
    }
    return 0;
}

static int compare_sorted(const void *left, const void *right)
{
    const struct sorted *a = left, *b = right;
    int by = a->by == SORT_URGENCY ? compare_numbers((double)a->order, (double)b->order)
                                   : compare_by(a->row, b->row, a->by);

    if (by)
        return a->reversed ? -by : by;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void sort_rows(const struct screen *screen, const struct row **rows, size_t count)
{
    struct sorted *all;

    if (screen->sort == SORT_URGENCY && !screen->reversed)
        return;
    all = xcalloc(count + 1, sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct sorted){rows[i], i, screen->sort, screen->reversed};
    qsort(all, count, sizeof *all, compare_sorted);
    for (size_t i = 0; i < count; i++)
        rows[i] = all[i].row;
    free(all);
}

static bool is_in_cluster(const struct screen *screen, const struct row *row)
{
    return !screen->only_cluster[0] || strcmp(screen->only_cluster, row->service->cluster) == 0;
}

static size_t find_mark(const struct screen *screen, const struct row *row)
{
    char key[224];
    size_t at = 0;

    write_key(row, key);
    while (at < screen->mark_count && strcmp(screen->mark[at], key) != 0)
        at++;
    return at;
}

bool screen_marks(const struct screen *screen, const struct row *row)
{
    return screen->mark_count && find_mark(screen, row) < screen->mark_count;
}

static void toggle_mark(struct list *list, struct screen *screen, const struct frame *frame)
{
    if (list->selected >= list->count)
        return;
    const struct row *row = list->rows[list->selected];
    size_t at = find_mark(screen, row);

    if (at < screen->mark_count) {
        screen->mark_count--;
        memmove(screen->mark[at], screen->mark[at + 1],
                (screen->mark_count - at) * sizeof screen->mark[0]);
    } else if (screen->mark_count < SCREEN_MARKS_MAX) {
        write_key(row, screen->mark[screen->mark_count++]);
    } else {
        screen_flash(screen, frame->now_ms, "%d are marked, and no more can be", SCREEN_MARKS_MAX);
    }
    if (list->selected + 1 < list->count)
        list_select(list, screen, list->selected + 1);
}

static void sort_by(struct screen *screen, const struct frame *frame, enum command command)
{
    if (command == COMMAND_SORT_TURN)
        screen->reversed = !screen->reversed;
    else if (command == COMMAND_SORT_NEXT)
        screen->sort = (enum sort)((screen->sort + 1) % SORT_COUNT);
    else
        screen->sort = (enum sort)((screen->sort + SORT_COUNT - 1) % SORT_COUNT);
    screen->order_count = 0; /* nothing is held: this is what was asked for */
    screen_flash(screen, frame->now_ms, "sorted by %s%s", sort_word[screen->sort],
                 screen->reversed ? ", the other way round" : "");
}

void list_make(struct list *list, struct screen *screen, const struct frame *frame)
{
    struct filter filter;
    bool held = screen->order_count > 0 &&
                (frame->now_ms < screen->hold_order_until_ms || screen->question != NULL);

    memset(list, 0, sizeof *list);
    list->all = frame->row_count;
    list->rows = xcalloc(frame->row_count + 1, sizeof *list->rows);
    if (held)
        hold_order(screen, frame, list->rows);
    else
        for (size_t i = 0; i < frame->row_count; i++)
            list->rows[i] = frame->rows[i];
    if (!held)
        sort_rows(screen, list->rows, frame->row_count);
    if (!held)
        keep_order(screen, list->rows, frame->row_count);
    filter_parse(&filter, screen->filter);
    snprintf(list->complaint, sizeof list->complaint, "%s", filter.complaint);
    for (size_t i = 0; i < frame->row_count; i++)
        if (is_in_cluster(screen, list->rows[i]) &&
            filter_holds(&filter, screen, frame, list->rows[i]))
            list->rows[list->count++] = list->rows[i];
    filter_release(&filter);
    list->selected = list->count;
    for (size_t i = 0; i < list->count && list->selected == list->count; i++)
        if (screen_is_on(screen, list->rows[i]))
            list->selected = i;
    if (list->selected == list->count && list->count) {
        size_t place = place_of_lost(list, screen);
        list_select(list, screen, place < list->count ? place : list->count - 1);
    }
}

void list_release(struct list *list)
{
    free(list->rows);
    list->rows = NULL;
}

int list_scroll(const struct list *list, struct screen *screen, int height)
{
    int count = (int)list->count, at = (int)list->selected;

    screen->page = height;
    if (screen->top > at)
        screen->top = at;
    if (at < count && at >= screen->top + height)
        screen->top = at - height + 1;
    if (screen->top > count - height)
        screen->top = count - height;
    if (screen->top < 0)
        screen->top = 0;
    return screen->top;
}

/* The next row after the selected one, around the end, that needs somebody. */
static size_t next_alert(const struct list *list)
{
    for (size_t i = 1; i <= list->count; i++) {
        size_t at = (list->selected + i) % list->count;
        if (state_needs_you(list->rows[at]->state))
            return at;
    }
    return list->count;
}

static void go_to_alert(struct list *list, struct screen *screen, const struct frame *frame)
{
    size_t hidden = 0;

    if (list->count && next_alert(list) < list->count) {
        list_select(list, screen, next_alert(list));
        return;
    }
    for (size_t i = 0; i < frame->row_count; i++)
        hidden += state_needs_you(frame->rows[i]->state);
    if (hidden)
        screen_flash(screen, frame->now_ms, "%zu need you, hidden by the filter: %s shows all",
                     hidden, keymap_name(screen->keymap, COMMAND_BACK));
    else
        screen_flash(screen, frame->now_ms, "nothing needs you");
}

static void go_to_match(struct list *list, struct screen *screen, const struct frame *frame,
                        size_t step)
{
    if (screen->filter[0] == '\0')
        screen_flash(screen, frame->now_ms, "no filter to go by: press %s first",
                     keymap_name(screen->keymap, COMMAND_FILTER));
    else if (list->count == 0)
        screen_flash(screen, frame->now_ms, "nothing matches %s", screen->filter);
    else
        list_select(list, screen, (list->selected + step) % list->count);
}

static void move_by(struct list *list, struct screen *screen, long by)
{
    if (list->count == 0)
        return;
    long at = (long)list->selected + by, last = (long)list->count - 1;
    list_select(list, screen, (size_t)(at < 0 ? 0 : at > last ? last : at));
}

bool list_command(struct screen *screen, const struct frame *frame, enum command command,
                  int height)
{
    struct list list;
    int page = screen->page > 0 ? screen->page : height > 8 ? height - 8 : 1;
    bool used = true;

    list_make(&list, screen, frame);
    if (command == COMMAND_DOWN || command == COMMAND_NEXT_SERVICE)
        move_by(&list, screen, 1);
    else if (command == COMMAND_UP || command == COMMAND_PREV_SERVICE)
        move_by(&list, screen, -1);
    else if (command == COMMAND_TOP)
        move_by(&list, screen, -(long)list.count);
    else if (command == COMMAND_BOTTOM)
        move_by(&list, screen, (long)list.count);
    else if (command == COMMAND_PAGE_DOWN || command == COMMAND_PAGE_UP)
        move_by(&list, screen, command == COMMAND_PAGE_DOWN ? page : -page);
    else if (command == COMMAND_HALF_DOWN || command == COMMAND_HALF_UP)
        move_by(&list, screen, command == COMMAND_HALF_DOWN ? (page + 1) / 2 : -(page + 1) / 2);
    else if (command == COMMAND_NEXT_MATCH)
        go_to_match(&list, screen, frame, 1);
    else if (command == COMMAND_PREV_MATCH)
        go_to_match(&list, screen, frame, list.count ? list.count - 1 : 0);
    else if (command == COMMAND_NEXT_ALERT)
        go_to_alert(&list, screen, frame);
    else if (command == COMMAND_SORT_NEXT || command == COMMAND_SORT_PREV ||
             command == COMMAND_SORT_TURN)
        sort_by(screen, frame, command);
    else if (command == COMMAND_MARK)
        toggle_mark(&list, screen, frame);
    else
        used = false;
    screen->hold_order_until_ms = frame->now_ms + LIST_HOLD_MS;
    list_release(&list);
    return used;
}
