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

    def test_an_observer_that_throws_ends_the_sync_and_one_that_has_enough_cancels_it(self):
        class Observer(cs.SyncObserver):
            def __init__(self, answer):
                self.answer = answer

            def progress(self, rounds_done, changes_left):
                if self.answer is None:
                    raise RuntimeError("the view is gone")
                return self.answer

        server = cs.HttpTransport(self.phone, "http://127.0.0.1:1", cs.HttpOptions(attempts=1))
        with self.assertRaises(cs.PhoneError.Host) as caught:
            server.sync(Observer(None))
        self.assertIn("the view is gone", caught.exception.en)
        self.assertTrue(server.sync(Observer(False)).cancelled)
        with self.assertRaises(cs.PhoneError.Server) as caught:
            server.sync(Observer(True))
        self.assertEqual(caught.exception.code, "unauthorized")
        # The same by the way through the host.
        with self.assertRaises(cs.PhoneError.Server) as caught:
            self.phone.sync(server, None, 3)
        self.assertEqual(caught.exception.code, "unauthorized")
        self.assertEqual(self.phone.unsynced().changes, 1)

    def test_a_transport_of_the_hosts_own_speaks_in_our_codes(self):
        class Down(cs.Transport):
            code = "server_unreachable"

            def exchange(self, frame):
                raise cs.HostError.Coded(self.code, {"why": "no signal"})

        with self.assertRaises(cs.PhoneError.Server) as caught:
            self.phone.sync(Down(), None, 3)
        self.assertEqual(caught.exception.parameters, {"why": "no signal"})
        self.assertIn("无法连接服务器", caught.exception.zh_cn)
        Down.code = "cancelled"
        self.assertTrue(self.phone.sync(Down(), None, 3).cancelled)
        Down.code = "made_up"
        with self.assertRaises(cs.PhoneError.Host) as caught:
            self.phone.sync(Down(), None, 3)
        self.assertIn("made_up", caught.exception.en)

    def test_threads_record_while_others_sync_in_vain_and_the_transport_goes(self):
        server = cs.HttpTransport(self.phone, "http://127.0.0.1:1", cs.HttpOptions(attempts=1))
        codes, failures = [], []

        def sync(server):
            try:
                server.sync()
            except cs.PhoneError as error:
                codes.append(error.code)

        def record(n):
            try:
                for k in range(5):
                    self.phone.add_note(self.visit, f"{n}/{k}", None)
            except Exception as failure:
                failures.append(failure)

        threads = [threading.Thread(target=sync, args=(server,)) for _ in range(4)]
        threads += [threading.Thread(target=record, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        del server
        for thread in threads:
            thread.join()
        self.assertEqual((codes, failures), (["unauthorized"] * 4, []))
        self.assertEqual(len(self.phone.visit(self.visit).notes), 20)

    def test_every_public_thing_has_its_documentation(self):
        for name in cs.__all__:
            if name != "InternalError":
                self.assertTrue((getattr(cs, name).__doc__ or "").strip(), name)


if __name__ == "__main__":
    unittest.main()
