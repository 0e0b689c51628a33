"""What was found in a file to import, in the reader's language: what it is, and what to do.

The reader of files writes exact English sentences; other languages are told by the kind of
finding, with the value that it is about.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

type Text = str | Promise

FINDINGS: dict[str, Text] = {
    "added": _("Added to what the library has."),
    "ai_use": _("This is not an AI use of Avails-AI. Use AITrain, AIFineTune, AIEval or AIInput."),
    "amount": _("This is not an amount. Write digits and a point."),
    "price_factor": _("This is not a factor, such as use:evaluate=1/2, or two name the same."),
    "two_prices": _("A price is said in %(column)s already; leave one of the two empty."),
    "amount_fine": _("The amount is finer than the smallest unit of its currency."),
    "avail_id_twice": _("Two rows of the file have this AvailID and say different things."),
    "cell_error": _("The cell holds an error of the spreadsheet. Put the value in."),
    "changed": _("%(field)s was %(was)s, and is %(now)s now."),
    "choice": _("This is not one of the values that the column allows."),
    "column_placeless": _("A title has no place for this column; it is not kept."),
    "column_repeated": _("%(column)s stands in %(read)s and in %(left)s: %(read)s is read, and a"
                         " row where the two differ is rejected."),
    "column_unknown": _("This column is kept as it is, not understood."),
    "contradiction": _("Two rows, or two columns, of the file say different things of this."),
    "corrected": _("%(field)s was corrected to %(now)s by hand; what the file says is not taken."),
    "count": _("This is not a whole number, or too large."),
    "currency": _("This is not a currency code of ISO 4217, such as USD."),
    "date": _("There is no such day, or it cannot be a date here."),
    "date_ambiguous": _("This can be two days. Say for the source whether day or month is first."),
    "date_serial": _("This number is not a date of a spreadsheet."),
    "date_short_year": _("The year has two digits; write four."),
    "date_unreadable": _("This is neither a date nor a condition. Write YYYY-MM-DD."),
    "duration": _("This is not a duration, such as P30D."),
    "edit_elsewhere": _("The number of this edit names another title or an edit of one; it was left"
                        " there."),
    "eidr": _("This EIDR fails its check. The row is kept, the number is set aside."),
    "eidr_two_titles": _("One EIDR stands for several names in this file."),
    "entry_type": _("EntryType must be Full Extract, Full Delete, Create, Update or Delete."),
    "epoch_1904": _("The workbook counts days from 1904; its dates are read so."),
    "exception": _("This is not an exception, such as Music@00:01:00-00:02:30."),
    "extract_and_delete": _("The file extracts and deletes the same ALID. Decide which is meant."),
    "flag": _("Write Yes or No."),
    "formula_empty": _("A formula that was never computed: open the file in a spreadsheet program,"
                       " and save it again."),
    "formula": _("A formula: its last result is taken, nothing is computed."),
    "guild": _("This is not the name of a guild, such as SAG-AFTRA."),
    "header_missing": _("The table has no header %(header)s."),
    "header_misspelt": _("A misspelt header is read as the column it resembles."),
    "header_repeated": _("A column is there twice; where they differ the row is rejected."),
    "header_twice": _("This header stands in %(read)s and in %(left)s: the column of %(read)s is"
                      " read, that of %(left)s is not."),
    "ids_disagree": _("Its numbers name two titles of yours. Merge them if they are one work."),
    "imdb": _("This is not an IMDb number, such as tt0468492. It is set aside."),
    "isan": _("This ISAN fails its check. It is set aside."),
    "json": _("This line is not a JSON object of one row."),
    "kind_differs": _("The library has this work as another kind; that one stays."),
    "lag_alone": _("A lag counts from a condition, and there is none; it is not applied."),
    "language": _("This is not a language tag, such as ko or en-US."),
    "language_unknown": _("This language is not registered; it is kept as written."),
    "license_type": _("This licence type is unknown: it counts as any way of distribution."),
    "long": _("The text is longer than is kept."),
    "looks_like": _("A title of the same name, kind and year is there already. Merge them if they"
                    " are one work."),
    "macros": _("The workbook has macros; they are neither run nor kept."),
    "merged": _("The cell is merged with the one to its left. Split the cells."),
    "merged_down": _("The value is taken from a merged cell above."),
    "minutes": _("This is not a number of minutes."),
    "name_date": _("The spreadsheet made a date of this name. Format the column as text."),
    "not_kept": _("This text cannot be kept: it is empty, too long or holds control characters."),
    "nothing_to_delete": _("There is nothing of this to delete."),
    "number": _("This is not a number."),
    "person_several": _("Several people of this name are recorded; the credit went to the one"
                        " recorded first."),
    "price_currency": _("The price has no currency; it is kept as a text."),
    "rating_system": _("The rating names no known system, such as MPAA or KMRB. It is not kept."),
    "required": _("A required column is empty. Fill it in."),
    "row_double": _("The row says the same as an earlier one."),
    "run_time": _("This is not a running time, such as 01:56:20."),
    "sheet_skipped": _("A sheet without the headers of Avails; it is not read."),
    "taken_back": _("So many earlier terms were withdrawn."),
    "terms": _("The clearance contract does not take these terms."),
    "territory": _("This is not a country code of ISO 3166, or WORLD."),
    "territory_none": _("The exclusion leaves no territory."),
    "territory_part": _("This is a part of a country; rights are kept for whole countries."),
    "title_twice": _("The file lists this title twice."),
    "title_two_eidrs": _("One name stands under several EIDRs in this file."),
    "version": _("An unknown version; it is read as Avails 1.9."),
    "window_empty": _("The window ends before it begins."),
    "windows_overlap": _("The window overlaps that of another row."),
    "work_type": _("This work type is unknown; it is kept as a film."),
    "year": _("This is not a year of a film."),
}  # fmt: skip
REFUSALS: dict[str, Text] = {
    "cell_long": _("A cell or a text is longer than a spreadsheet permits."),
    "columns": _("A sheet has more columns than a spreadsheet can have."),
    "csv": _("A row of this table cannot be read: look for a quotation mark that is not closed."),
    "empty": _("The file is empty."),
    "encoding": _("The text is neither UTF-8, UTF-16 nor CP949. Save it as UTF-8."),
    "incomplete": _("The file was not read to its end."),
    "line_long": _("A line is longer than a million bytes."),
    "merges": _("A sheet has too many merged areas. Split the cells."),
    "not_text": _("This is no text and no workbook."),
    "other_kind": _("This is no %(wanted)s (it is %(found)s)."),
    "rows": _("The table has more rows than a spreadsheet can have, or they are not in order."),
    "sheets": _("The workbook has no sheet, or too many."),
    "strings": _("The texts of the workbook are damaged, or too many."),
    "version": _("This version of Avails XML is not read; 2.2 to 2.7 are."),
    "xml": _("The XML is broken. Export the file again."),
    "xml_deep": _("The XML is nested too deeply."),
    "xml_large": _("An Avail has too many parts or combinations. Split it."),
    "xml_root": _("This is no Avails XML: its root is not an AvailList."),
    "zip": _("This is not a whole XLSX file. Save or send it again."),
    "zip_entries": _("The workbook has too many parts."),
    "zip_locked": _("The workbook is locked with a password. Save it without."),
    "zip_name": _("The workbook has parts with impossible names."),
    "zip_part": _("The workbook lacks one of its parts."),
    "zip_twice": _("The workbook has two parts of one name."),
    "mapping": _("No header of the table is given a meaning. Choose what the columns are."),
    "no_avails": _("No sheet of this workbook has the headers of Avails. Import it as a table."),
    "no_sheet": _("The workbook has no sheet of this name."),
    "old_or_locked": _("An old workbook (.xls), or one with a password. Save it as XLSX without."),
    "too_large": _("The file needs more time or memory than it may have. Split it."),
    "xml_doctype": _("The XML declares a document type, which is not accepted."),
    "zip_bomb": _("The workbook is far larger inside than it claims. It is not opened."),
    "crashed": _("The file could not be read. We can find out why; write to us."),
    "failed": _("The import failed for a reason of ours. We can find out why; write to us."),
}


_WANTED: dict[str, Text] = {
    "xlsx": _("XLSX workbook"),
    "csv": _("CSV table"),
    "xml": _("Avails XML"),
    "jsonl": _("file of JSON lines"),
    "table": _("XLSX workbook or CSV table"),
}
_FOUND: dict[str, Text] = {
    "workbook": _("a workbook"),
    "zip": _("a ZIP archive of something else"),
    "xlsb": _("a binary workbook, .xlsb: save it as .xlsx"),
    "xls": _("an old workbook, .xls: save it as .xlsx"),
    "locked": _("a workbook with a password: save it without"),
    "pdf": _("a PDF"),
    "page": _("a web page, HTML"),
    "rtf": _("a text document, RTF"),
    "picture": _("a picture"),
    "archive": _("a compressed archive"),
    "media": _("a film or a sound"),
    "xml": _("XML"),
    "json": _("JSON"),
    "list": _("one list of JSON: write one object on each line"),
    "text": _("a text of another kind"),
    "binary": _("binary data"),
}


def say(finding: Mapping[str, Any]) -> str:
    """Return what a finding says: the exact sentence in English, its kind elsewhere."""
    known = FINDINGS.get(str(finding["code"]))
    if known is None or (get_language() or "en").startswith("en"):
        return str(finding["message"])
    params = finding["params"]
    if why := params.get(f"why_{get_language()}"):
        text = str(why)
    else:
        text = str(known) % params if "%(" in str(known) else str(known)
    return f"“{params['value']}”: {text}" if params.get("value") else text


def say_refusal(refused: Mapping[str, Any]) -> str:
    """Return why a file was not imported."""
    known = REFUSALS.get(str(refused["code"]))
    if known is None or (get_language() or "en").startswith("en"):
        return str(refused["message"])
    if refused["code"] != "other_kind":
        return str(known)
    params = refused["params"]
    return str(known) % {"wanted": _WANTED[params["wanted"]], "found": _FOUND[params["found"]]}
