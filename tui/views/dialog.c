/* dialog.c: the question in front of an action. It says the object, from and to, how many and
 * whether it can be taken back; anything but the key it names cancels. */
#include "views/parts.h"

#include "base/mem.h"

#include <stdio.h>

enum { DIALOG_WIDTH_MAX = 76 };

/* The end of it is what one looks at. */
static void put_typed(struct sheet *sheet, const struct question *question)
{
    const char *typed = question->typed;

    sheet_line(sheet);
    sheet_text(sheet, ROLE_KEY_HINT, "> ");
    while (text_cells(sheet->canvas, typed) > sheet_room(sheet) - 1 && *typed)
        typed += text_fit(sheet->canvas, typed, 2) ? text_fit(sheet->canvas, typed, 2) : 1;
    sheet_text(sheet, ROLE_INPUT, typed);
    sheet_text(sheet, ROLE_INPUT, "_");
}

static void put_choices(struct sheet *sheet, const struct question *question)
{
    for (size_t i = 0; i < question->choice_count; i++) {
        sheet_line(sheet);
        sheet_put(sheet, ROLE_KEY_HINT, "%zu", i + 1);
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_say(sheet, ROLE_DIALOG, 2, 2, question->choice[i]);
    }
    sheet_line(sheet);
    sheet_line(sheet);
    sheet_text(sheet, ROLE_KEY_LABEL, "any other key: no");
}

static void compose(struct sheet *sheet, const struct question *question, enum role frame)
{
    sheet_line(sheet);
    sheet_text(sheet, frame, question->title);
    sheet_line(sheet);
    for (size_t i = 0; i < ARRAY_LEN(question->line); i++) {
        if (question->line[i][0] == '\0')
            continue;
        sheet_line(sheet);
        sheet_say(sheet, ROLE_DIALOG, 0, 3, question->line[i]);
    }
    if (question->line[0][0])
        sheet_line(sheet);
    switch (question->kind) {
    case QUESTION_YES:
        sheet_line(sheet);
        sheet_text(sheet, ROLE_KEY_HINT, "y");
        sheet_put(sheet, ROLE_KEY_LABEL, " yes, %s   any other key: no", verb_word[question->verb]);
        return;
    case QUESTION_NAME:
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIALOG, "type ");
        sheet_text(sheet, ROLE_STRONG, question->expected);
        sheet_text(sheet, ROLE_DIALOG, " and enter, esc: no");
        put_typed(sheet, question);
        return;
    case QUESTION_REASON:
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIALOG, "type the reason, then ");
        sheet_text(sheet, ROLE_STRONG, question->danger ? "ctrl-x" : "enter");
        sheet_text(sheet, ROLE_DIALOG, ", esc: no");
        put_typed(sheet, question);
        return;
    case QUESTION_MENU:
        put_choices(sheet, question);
        return;
    }
}

static void draw_box(struct canvas *canvas, const struct area *box, enum role role)
{
    for (int y = box->y; y < box->y + box->height; y++) {
        for (int x = box->x; x < box->x + box->width; x++)
            canvas_text(canvas, y, x, 1, ROLE_DIALOG, " ");
        canvas_glyph(canvas, y, box->x, role, GLYPH_VLINE);
        canvas_glyph(canvas, y, box->x + box->width - 1, role, GLYPH_VLINE);
    }
    canvas_hline(canvas, box->y, box->x, box->width, role);
    canvas_hline(canvas, box->y + box->height - 1, box->x, box->width, role);
}

void dialog_draw(const struct question *question, struct canvas *canvas)
{
    enum role role = question->expected[0] || question->danger ? ROLE_DANGER : ROLE_DIALOG;
    struct sheet sheet;
    int width = canvas->width - 4 < DIALOG_WIDTH_MAX ? canvas->width - 4 : DIALOG_WIDTH_MAX;

    sheet_init(&sheet, canvas, width - 4);
    compose(&sheet, question, role);
    int height = (int)sheet.line_count + 2;
    if (height > canvas->height)
        height = canvas->height;
    struct area box = {.y = (canvas->height - height) / 2,
                       .x = (canvas->width - width) / 2,
                       .height = height,
                       .width = width};
    draw_box(canvas, &box, role == ROLE_DANGER ? ROLE_DANGER : ROLE_BORDER_FOCUS);
    /* The last lines say how to answer: when there is no room, the first ones go. */
    int skip = (int)sheet.line_count - (height - 2);
    sheet_draw(&sheet, canvas, box.y + 1, box.x + 2, height - 2, skip > 0 ? skip : 0);
    canvas->cursor_y = box.y + height - 2;
    canvas->cursor_x = box.x + 2;
    sheet_release(&sheet);
}
