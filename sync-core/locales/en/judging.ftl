# How a verdict came about, and what it changed.

judged-merge = Judged when { $who } sent changes.
judged-visit = Judged again because another visit changed: { $who } sent changes for visit { $visit }.
judged-reference = Judged again because { $who } entered or corrected reference data: { $kind } { $code }.
judged-manual = Judged again because { $who } asked for it: { $reason }
judged-upgrade = Judged again because a newer version of this program judges by other rules.
judged-nobody = somebody at the server

changed-coverage = The visit as a whole: { $before } → { $after }.
changed-item = Work item { $number }: { $before } → { $after }. { $reason }
changed-item-new = Work item { $number } is new: { $after }. { $reason }
changed-item-gone = A work item no longer counts; it was { $before }.
changed-item-reason = Work item { $number } is still { $after }, for another reason or in other minutes. { $reason }
changed-flag-raised = Now to be looked at: { $flag }
changed-flag-gone = No longer to be looked at: { $flag }
