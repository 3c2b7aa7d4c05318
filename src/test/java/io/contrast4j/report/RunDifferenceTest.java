package io.contrast4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.report.RunDifference.Row;
import io.contrast4j.report.RunDifference.Section;
import io.contrast4j.report.RunDifference.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDifferenceTest {
    @TempDir
    Path folder;

    private RecordedRun run(String name, String identity, String config, String... lines) throws IOException {
        Path run = Files.createDirectories(folder.resolve(name));
        Files.writeString(run.resolve("run.json"), identity);
        Files.writeString(run.resolve("config.conf"), config);
        Files.writeString(run.resolve("metrics.jsonl"), String.join("\n", lines) + "\n");
        return RecordedRun.read(run);
    }

    private static Map<String, Section> sections(RecordedRun a, RecordedRun b) {
        return new RunDifference(a, b)
                .sections().stream().collect(Collectors.toMap(Section::title, section -> section));
    }

    private static final String WHOLE =
            "{\"weights_sha256\": \"aa\", \"versions\": {\"java\": \"17\"}, \"data\": {\"train\": {\"pictures\": 5}},"
                    + " \"results\": {\"eval.knn\": 5}}";

    @Test
    void namesAndTimesMakeNoDifference() throws IOException {
        RecordedRun a = run("a", WHOLE, "name = a\nout = x\nx { y = 1 }", "{\"step\":1,\"loss\":2,\"time.x\":5}");
        RecordedRun b = run("b", WHOLE, "name = b\nout = z\nx { y = 1 }", "{\"step\":1,\"loss\":2,\"time.x\":6}");
        assertThat(sections(a, b).values())
                .hasSize(6)
                .allSatisfy(section -> assertThat(section.verdict()).isEqualTo(Verdict.EQUAL));
    }

    @Test
    void everyPartSaysWhatDiffers() throws IOException {
        RecordedRun a = run(
                "a", WHOLE, "x { y = 1, z = [1, 2] }", "{\"step\":1,\"loss\":2}", "{\"step\":2,\"loss\":3,\"p\":1}");
        RecordedRun b = run(
                "b",
                WHOLE.replace("aa", "bb").replace("17", "21").replace("\"pictures\": 5", "\"pictures\": 6"),
                "x { y = 2, z = [1, 2] }\nq = w",
                "{\"step\":1,\"loss\":2}",
                "{\"step\":2,\"loss\":3.5,\"p\":1}",
                "{\"step\":3,\"loss\":9}");
        Map<String, Section> sections = sections(a, b);
        assertThat(sections.get("configuration").rows())
                .containsExactly(new Row("x.y", "1", "2"), new Row("q", "–", "w"));
        assertThat(sections.get("versions").rows()).containsExactly(new Row("java", "17", "21"));
        assertThat(sections.get("data").rows()).containsExactly(new Row("train pictures", "5", "6"));
        assertThat(sections.get("results").verdict()).isEqualTo(Verdict.EQUAL);
        assertThat(sections.get("metrics").rows())
                .containsExactly(new Row("first at step", "2", "2"), new Row("loss", "3", "3.5"));
        assertThat(sections.get("final weights").verdict()).isEqualTo(Verdict.DIFFERENT);
    }

    @Test
    void aRunThatIsShorterIsEqualSoFarAndOneWithoutARecordIsUnknown() throws IOException {
        RecordedRun a = run("a", "{}", "", "{\"step\":1,\"loss\":2}");
        RecordedRun b = run("b", WHOLE, "", "{\"step\":1,\"loss\":2}", "{\"step\":2,\"loss\":2}");
        Map<String, Section> sections = sections(a, b);
        assertThat(sections.get("metrics").rows())
                .containsExactly(new Row("the same so far", "ends after step 1", "goes on"));
        assertThat(sections.get("data").verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(sections.get("final weights").verdict()).isEqualTo(Verdict.UNKNOWN);
    }
}
