package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeListTest {
    @Test
    void rangesAndSingleHostsAreExpandedInTheirOrder() {
        assertThat(NodeList.hosts("node[03-05,9]")).contains(List.of("node03", "node04", "node05", "node9"));
        assertThat(NodeList.hosts("login,gpu-[1-2].site")).contains(List.of("login", "gpu-1.site", "gpu-2.site"));
        assertThat(NodeList.hosts("solo")).contains(List.of("solo"));
        assertThat(NodeList.hosts("r[1-2]n[08-10]"))
                .contains(List.of("r1n08", "r1n09", "r1n10", "r2n08", "r2n09", "r2n10"));
    }

    @Test
    void leadingZerosAreThoseOfTheFirstOfARange() {
        assertThat(NodeList.hosts("n[008-011]")).contains(List.of("n008", "n009", "n010", "n011"));
        assertThat(NodeList.hosts("n[8-11]")).contains(List.of("n8", "n9", "n10", "n11"));
        assertThat(NodeList.hosts("n[98-101]")).contains(List.of("n98", "n99", "n100", "n101"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "n[",
                "n[]",
                "n[1-]",
                "n[-2]",
                "n[3-2]",
                "n[a-b]",
                "n[1,]",
                "n]1[",
                "a b",
                "n[1-2],",
                "n[0-999999999]",
                "n[1-999]x[1-999]",
                "n[[1]]",
                "$(id)"
            })
    void whatSlurmDoesNotWriteIsNotRead(String list) {
        assertThat(NodeList.hosts(list)).isEmpty();
    }

    /** Writes runs of numbers as ranges, as Slurm does, and reads them again. */
    @Property(tries = 200)
    void anyHostsComeBack(
            @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 0, max = 9999) Integer> starts,
            @ForAll @IntRange(min = 0, max = 12) int length,
            @ForAll @IntRange(min = 1, max = 5) int digits) {
        List<String> expected = new ArrayList<>();
        List<String> ranges = new ArrayList<>();
        for (int start : starts) {
            ranges.add(pad(start, digits) + (length == 0 ? "" : "-" + pad(start + length, digits)));
            for (int number = start; number <= start + length; number++) {
                expected.add("node" + pad(number, digits) + "-ib");
            }
        }
        assertThat(NodeList.hosts("node[" + String.join(",", ranges) + "]-ib")).contains(expected);
    }

    @Property(tries = 300)
    void noTextMakesItFail(@ForAll String text) {
        Optional<List<String>> hosts = NodeList.hosts(text);
        hosts.ifPresent(list -> assertThat(list).isNotEmpty());
    }

    @Test
    void tasksOfEachNodeAreReadInSlurmsForm() {
        assertThat(SlurmTasks.counts("2(x3),1")).contains(List.of(2, 2, 2, 1));
        assertThat(SlurmTasks.counts("4")).contains(List.of(4));
        assertThat(SlurmTasks.counts("four")).isEmpty();
    }

    private static String pad(int number, int digits) {
        String text = Integer.toString(number);
        return "0".repeat(Math.max(0, digits - text.length())) + text;
    }
}
