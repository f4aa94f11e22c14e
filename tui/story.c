/* story.c: see story.h. */
#include "story.h"

#include "base/mem.h"
#include "release/release.h"
#include "views/list.h"

#include <stdio.h>
#include <string.h>

enum { READ_MS = 1000, READ_LETTER_MS = 28, AGAIN_MS = 100 };

static const struct story_beat *beat_of(const struct telling *telling)
{
    return &telling->story->beats[telling->beat];
}

static const struct row *row_of(const struct frame *frame, const char *service)
{
    return service ? frame_find_row(frame, NULL, service) : NULL;
}

/* What S would do. */
static const struct option *step_of(const struct row *row)
{
    const struct option *step = &row->option[VERB_STEP];

    return step->offered || !row->option[VERB_START].offered ? step : &row->option[VERB_START];
}

static bool step_allowed(const struct row *row)
{
    return row && step_of(row)->offered && step_of(row)->allowed;
}

static bool goes_to(const struct row *row, const char *version)
{
    return row && strcmp(row->to, version) == 0;
}

static bool is_reached(const struct telling *telling, const struct story_beat *beat,
                       const struct frame *frame)
{
    const struct row *row = row_of(frame, beat->service);
    const struct release *release = row ? row->release : NULL;

    switch (beat->when) {
    case STORY_BEGINS:
        return true;
    case STORY_PRESSED:
        return telling->pressed;
    case STORY_WAITS:
        return goes_to(row, beat->version);
    case STORY_READY:
        return goes_to(row, beat->version) && step_allowed(row);
    case STORY_NEXT:
        return step_allowed(row) && strcmp(stage_word[row->stages.next], beat->version) == 0;
    case STORY_MOVES:
        return release && strcmp(release->to, beat->version) == 0 &&
               stage_in_flight(release->stage);
    case STORY_WORSE:
        return goes_to(row, beat->version) && row->stages.worse;
    case STORY_STABLE:
        return release && release->stage == STAGE_STABLE && strcmp(release->to, beat->version) == 0;
    }
    return false;
}

static int64_t paced(const struct telling *telling, int64_t ms)
{
    return telling->pace > 0 ? (int64_t)((double)ms / telling->pace) : ms;
}

static int64_t key_ms(const struct telling *telling)
{
    int64_t ms = paced(telling, STORY_KEY_MS);

    return ms > STORY_KEY_MIN_MS ? ms : STORY_KEY_MIN_MS;
}

static void begin_beat(struct telling *telling, size_t index, int64_t now_ms)
{
    telling->beat = index;
    telling->strayed_ms = -1;
    telling->left = false;
    telling->pressed = telling->in_text = false;
    telling->next = beat_of(telling)->keys;
    telling->due_ms =
        now_ms +
        paced(telling, READ_MS + READ_LETTER_MS * (int64_t)strlen(beat_of(telling)->caption));
    if (beat_of(telling)->cue && telling->cue)
        telling->cue(telling->cue_arg, beat_of(telling)->cue);
}

void telling_begin(struct telling *telling, const struct story *story, bool playing, int64_t now_ms)
{
    telling->story = story;
    telling->playing = story && playing;
    if (story)
        begin_beat(telling, 0, now_ms);
}

/* The next beat, when its state is there; or, for those who do not wait to be told, the next one
 * that waits for more than a key. */
static size_t find_next(const struct telling *telling, const struct frame *frame)
{
    const struct story *story = telling->story;
    size_t next = telling->beat + 1, later = next;

    while (later < story->count && story->beats[later].when == STORY_PRESSED)
        later++;
    if (later < story->count && is_reached(telling, &story->beats[later], frame))
        return later;
    return next < story->count && is_reached(telling, &story->beats[next], frame) ? next : 0;
}

/* Nothing is in flight, and nothing waits. */
static bool is_quiet(const struct frame *frame)
{
    for (size_t i = 0; i < frame->row_count; i++)
        if (frame->rows[i]->to[0] || step_of(frame->rows[i])->offered)
            return false;
    return true;
}

void telling_look(struct telling *telling, const struct frame *frame, int64_t now_ms)
{
    size_t next;

    while (telling->story && (next = find_next(telling, frame)) != 0)
        begin_beat(telling, next, now_ms);
    telling->left = telling->story && telling->strayed_ms >= 0 &&
                    now_ms - telling->strayed_ms >= STORY_LEFT_MS && is_quiet(frame);
}

static bool repeats(const struct story_beat *beat)
{
    return beat->keys && strcmp(beat->keys, "S*") == 0;
}

static size_t first_word(const char *keys, char *out, size_t size)
{
    size_t len = strcspn(keys, " *");

    snprintf(out, size, "%.*s", (int)len, keys);
    return len;
}

void telling_saw(struct telling *telling, int key, const struct row *selected, int64_t now_ms)
{
    const struct story_beat *beat = telling->story ? beat_of(telling) : NULL;
    char word[KEY_WORD] = "";

    if (!beat || !selected || strcmp(selected->service->name, beat->service) != 0)
        return;
    first_word(beat->keys ? beat->keys : "", word, sizeof word);
    if (key == keymap_find_key(NULL, COMMAND_UNDO) && strcmp(word, "U") != 0 &&
        beat->when != STORY_STABLE)
        telling->strayed_ms = now_ms;
    if (!beat->keys)
        return;
    bool closes = key == KEYCODE_ESC && strcmp(word, "i") == 0;
    if (keymap_parse_key(word) != key && !closes)
        return;
    telling->pressed = true;
    if (repeats(beat_of(telling)))
        telling->due_ms = now_ms + key_ms(telling);
}

void telling_take_over(struct telling *telling)
{
    telling->playing = false;
}

const char *telling_caption(const struct telling *telling)
{
    if (telling->left)
        return "You went back, which is always yours, and the story ends here. {quit} quits.";
    return telling->story ? beat_of(telling)->caption : "";
}

/* 0: it is selected, or cannot be; else the key that leads there. */
static int way_to(const char *service, struct screen *screen, const struct frame *frame)
{
    struct list list;
    int key = 0;

    list_make(&list, screen, frame);
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.rows[i]->service->name, service) == 0 && i != list.selected)
            key = i > list.selected ? 'j' : 'k';
    list_release(&list);
    return key;
}

/* "X 1 'wiped' enter" -> "X 1 (why) enter". */
static void put_keys(const char *keys, char *out, size_t size)
{
    const char *quote = strchr(keys, '\''), *end = quote ? strchr(quote + 1, '\'') : NULL;

    if (end)
        snprintf(out, size, "%.*s(why)%s", (int)(quote - keys), keys, end + 1);
    else
        snprintf(out, size, "%s", keys);
}

void telling_hint(const struct telling *telling, struct screen *screen, const struct frame *frame,
                  char *out, size_t size)
{
    const struct story_beat *beat = telling->story ? beat_of(telling) : NULL;
    int way = beat && beat->keys && beat->service ? way_to(beat->service, screen, frame) : 0;

    if (!beat || !beat->keys || telling->left)
        snprintf(out, size, "%s", "");
    else if (way)
        snprintf(out, size, "%c", way);
    else if (repeats(beat))
        snprintf(out, size, "%s", step_allowed(row_of(frame, beat->service)) ? "S" : "wait");
    else
        put_keys(beat->keys, out, size);
}

int64_t telling_due_ms(const struct telling *telling)
{
    if (!telling->story || !telling->playing || !telling->next || !*telling->next)
        return -1;
    return telling->due_ms;
}

/* The next key of the beat, or the next letter of a text in it. */
static int take_next(struct telling *telling, int64_t now_ms)
{
    char word[KEY_WORD];

    if (telling->in_text && *telling->next == '\'') {
        telling->in_text = false;
        telling->next++;
    }
    if (!telling->in_text) {
        telling->next += strspn(telling->next, " ");
        telling->in_text = *telling->next == '\'';
        telling->next += telling->in_text;
    }
    if (telling->in_text) {
        const int letter = (unsigned char)*telling->next++;
        telling->due_ms = now_ms + (*telling->next == '\'' ? key_ms(telling) : STORY_LETTER_MS);
        return letter;
    }
    telling->next += first_word(telling->next, word, sizeof word);
    telling->due_ms = now_ms + key_ms(telling);
    return keymap_parse_key(word);
}

int telling_take(struct telling *telling, struct screen *screen, const struct frame *frame,
                 int64_t now_ms)
{
    int64_t due = telling_due_ms(telling);
    const struct story_beat *beat;

    if (due < 0 || now_ms < due)
        return KEYCODE_NONE;
    beat = beat_of(telling);
    int way = telling->next == beat->keys ? way_to(beat->service, screen, frame) : 0;
    if (way) {
        telling->due_ms = now_ms + key_ms(telling);
        return way;
    }
    if (!repeats(beat))
        return take_next(telling, now_ms);
    telling->due_ms = now_ms + AGAIN_MS;
    return step_allowed(row_of(frame, beat->service)) ? 'S' : KEYCODE_NONE;
}
