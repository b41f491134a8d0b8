"""The reader with which the tests read /metrics: it takes what Prometheus' text format says, and
nothing else."""

import unittest

import exposition


class ReaderTest(unittest.TestCase):
    """The strict reader is strict."""

    HEAD = "# HELP a_total b.\n# TYPE a_total counter\n"

    def test_takes_what_the_format_says(self):
        text = self.HEAD + 'a_total{x="\\"\\\\\\n{},=",y=""} 1e+06\na_total 2\n'
        family = exposition.parse(text)["a_total"]
        self.assertEqual(
            family.samples, {("", (("x", '"\\\n{},='), ("y", ""))): 1e6, ("", ()): 2.0}
        )

    def test_takes_nothing_else(self):
        for text in (
            "",
            self.HEAD + "a_total 1",
            "a_total 1\n",
            "# TYPE a_total counter\na_total 1\n",
            "# HELP a_total b.\na_total 1\n",
            self.HEAD + self.HEAD,
            self.HEAD + "# TYPE a_total counter\n",
            self.HEAD + "# HELP c d\n",
            self.HEAD + "\n",
            self.HEAD + "# a comment\n",
            self.HEAD + "b_total 1\n",
            self.HEAD + "a_total -1\n",
            self.HEAD + "a_total  1\n",
            self.HEAD + "a_total 1 1700000000\n",
            self.HEAD + "a_total one\n",
            self.HEAD + "a_total 1\na_total 1\n",
            self.HEAD + 'a_total{x="1",x="2"} 1\n',
            self.HEAD + 'a_total{x="1" 1\n',
            self.HEAD + 'a_total{x="\\t"} 1\n',
            self.HEAD + 'a_total{x="1",} 1\n',
            self.HEAD + "a_total_count 1\n",
        ):
            with self.subTest(text=text), self.assertRaises(exposition.Malformed):
                exposition.parse(text)

    def test_a_histogram_adds_up(self):
        head = "# HELP h b.\n# TYPE h histogram\n"
        good = 'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'
        exposition.parse(head + good)
        for bad in (
            good.replace('le="1"} 1', 'le="1"} 3'),
            good.replace("h_count 2", "h_count 1"),
            good.replace("h_sum 3\n", ""),
            good.replace('h_bucket{le="+Inf"} 2\n', ""),
            good.replace('le="1"', 'lo="1"'),
            good + "h 1\n",
        ):
            with self.subTest(bad=bad), self.assertRaises(exposition.Malformed):
                exposition.parse(head + bad)


if __name__ == "__main__":
    unittest.main()
