package io.contrast4j.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;

/** The folder of a run that never was, with curves of every kind, gaps, and texts that would break a careless page. */
final class ExampleRun {
    /** A PNG of one pixel. */
    private static final String PIXEL = "data:image/png;base64,"
            + Base64.getEncoder()
                    .encodeToString(
                            Base64.getDecoder()
                                    .decode(
                                            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="));

    static final String HOSTILE = "</script><b>&\"'{{data}}";
    static final int STEPS = 5000;

    private ExampleRun() {}

    /** @param rate of the learning, in which examples differ */
    static Path write(Path folder, double rate) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("run.json"), """
                {"name": "example", "status": "complete", "seed": 1, "device": "cpu", "step": 5000, "epoch": 5,
                 "versions": {"contrast4j": "0.1", "java": "17"}, "git": "abc", "corrupt": [],
                 "note": "%s",
                 "results": {"step": 5000, "eval.chance": 10.0, "eval.random_weights.linear": 40.5,
                  "eval.random_weights.knn": 30.25, "eval.trained.linear": %s, "eval.trained.knn": 60.0}}
                """.formatted(HOSTILE.replace("\"", "\\\""), 70.0 + rate));
        Files.writeString(
                folder.resolve("config.conf"),
                "name = example\nseed = 1\nmethod { type = cmc }\noptimizer { learning-rate = " + rate
                        + ", betas = [0.9, 0.999] }\ntrain { epochs = 5, batch-size = 32 }\nnote = \"</script>\"\n");
        StringBuilder metrics = new StringBuilder();
        for (int step = 1; step <= STEPS; step++) {
            String loss =
                    step % 1000 == 500 ? "null" : Double.toString(10 * Math.exp(-step * rate / 1000) + step % 7 * 0.1);
            metrics.append(String.format(
                    Locale.ROOT,
                    "{\"step\":%d,\"epoch\":%d,\"learning_rate\":%s,\"loss\":%s,\"loss.l\":%s,\"monitor.rank.l\":%d,"
                            + "\"time.images_per_second\":%d,\"time.data_wait_share\":0.125,\"time.resident_bytes\":%d}%n",
                    step,
                    1 + (step - 1) / 1000,
                    step < 3000 ? 0.03 : 0.003,
                    loss,
                    loss,
                    step / 100,
                    800 + step % 11,
                    1L << 30));
            if (step % 1000 == 0) {
                metrics.append(String.format(
                        Locale.ROOT,
                        "{\"step\":%d,\"epoch\":%d,\"epoch.loss\":%s,\"corrupt\":0,\"validation.knn\":%s,"
                                + "\"time.attained_share\":0.75,\"time.attainable_images_per_second\":1000,"
                                + "\"time.data_wait_seconds\":2,\"time.forward_seconds\":6}%n",
                        step,
                        step / 1000,
                        10 * Math.exp(-step * rate / 1000),
                        40 + step / 1000));
            }
        }
        metrics.append("{\"step\":5000,\"eval.trained.linear\":70}\n{\"step\":5001,\"loss\":");
        Files.writeString(folder.resolve("metrics.jsonl"), metrics);
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            points.append(i == 0 ? "" : ",")
                    .append(String.format(
                            Locale.ROOT,
                            "{\"x\":%s,\"y\":%s,\"picture\":{\"name\":\"picture %d\",\"label\":%d,\"image\":\"%s\"}}",
                            Math.cos(i) + i % 12,
                            Math.sin(i * i),
                            i,
                            i % 12,
                            i == 3 ? "" : PIXEL));
        }
        String picture = "{\"name\":\"a\",\"label\":%d,\"image\":\"" + PIXEL + "\"}";
        Files.writeString(
                folder.resolve("gallery.json"),
                "{\"tap\":\"pooled\",\"known\":100,\"explained\":[0.5,0.25],\"classes\":[\"zero\",\"one\",\"two\",\"3\",\"4\","
                        + "\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"eleven\"],\"points\":[" + points
                        + "],\"queries\":[{\"picture\":" + picture.formatted(1) + ",\"nearest\":[{\"similarity\":0.9,"
                        + "\"picture\":" + picture.formatted(1) + "},{\"similarity\":0.5,\"picture\":"
                        + picture.formatted(2) + "}]}]}");
        return folder;
    }
}
