"""What only the binding can get wrong: errors, callbacks that throw, threads, objects that go. Run by unittest."""

import os
import tempfile
import threading
import unittest

import countersign as cs
from host import Hands, Seeded

USER = "00000000-0000-0000-0000-000000000001"
DEVICE = "00000000-0000-0000-0000-0000000000d1"


class Binding(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "phone.db")
        self.clock = Hands("phone")
        self.phone = cs.Phone.open(self.path, b"k" * 32, self.clock, Seeded("phone"))
        self.phone.begin_enrolment(USER, "phone")
        self.phone.finish_enrolment(USER, "王建国", DEVICE)
        self.visit = self.phone.begin_visit(cs.BeginVisit(unlisted_customer="云岭县人民医院")).visit

    def tearDown(self):
        self.phone.shut_down()
        self.directory.cleanup()

    def test_errors_have_a_code_parameters_and_both_languages(self):
        with self.assertRaises(cs.PhoneError.Refused) as caught:
            self.phone.visit(DEVICE)
        self.assertEqual(caught.exception.code, "visit_unknown")
        self.assertEqual(caught.exception.parameters, {"visit": DEVICE})
        self.assertIn(DEVICE, caught.exception.zh_cn)
        self.assertIn("no visit", caught.exception.en)
        with self.assertRaises(cs.PhoneError) as caught:
            cs.Phone.open(self.path, b"x" * 32, self.clock)
        self.assertEqual(caught.exception.code, "store_in_use")
        self.phone.shut_down()
        with self.assertRaises(cs.PhoneError.Store) as caught:
            cs.Phone.open(self.path, b"x" * 32, self.clock)
        self.assertEqual(caught.exception.code, "store_wrong_key")

    def test_a_callback_that_throws_is_an_error_and_nothing_is_half_done(self):
        class Broken(cs.Transport):
            def exchange(self, frame):
                raise RuntimeError("no signal")

        with self.assertRaises(cs.PhoneError.Host) as caught:
            self.phone.sync(Broken(), None, 3)
        self.assertIn("no signal", caught.exception.en)

        def throw():
            raise OSError("no clock")

        self.clock.now = throw
        with self.assertRaises(cs.PhoneError.Host):
            self.phone.add_note(self.visit, "x", None)
        del self.clock.now
        self.assertEqual(self.phone.visit(self.visit).notes, [])
        self.assertEqual(self.phone.unsynced().changes, 1)

    def test_many_threads_on_one_object(self):
        failures = []

        def record(n):
            try:
                for k in range(8):
                    self.phone.add_note(self.visit, f"{n}/{k}", None)
                    self.phone.visits()
            except Exception as failure:
                failures.append(failure)

        threads = [threading.Thread(target=record, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(self.phone.visit(self.visit).notes), 48)

    def test_an_object_may_be_dropped_while_its_call_runs(self):
        running, go_on = threading.Event(), threading.Event()

        class Slow(cs.Transport):
            def exchange(self, frame):
                running.set()
                go_on.wait(10)
                raise RuntimeError("never mind")

        phone = cs.Phone.open(self.path + "2", b"k" * 32, self.clock)
        phone.begin_enrolment(USER, "phone")
        phone.finish_enrolment(USER, "王建国", DEVICE)
        outcome = []

        def sync(phone):
            try:
                phone.sync(Slow(), None, 1)
            except cs.PhoneError as error:
                outcome.append(error.code)

        thread = threading.Thread(target=sync, args=(phone,))
        thread.start()
        running.wait(10)
        del phone
        go_on.set()
        thread.join()
        self.assertEqual(outcome, ["host_failed"])

    def test_every_public_thing_has_its_documentation(self):
        for name in cs.__all__:
            if name != "InternalError":
                self.assertTrue((getattr(cs, name).__doc__ or "").strip(), name)


if __name__ == "__main__":
    unittest.main()
