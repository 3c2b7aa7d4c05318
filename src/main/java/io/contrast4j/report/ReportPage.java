package io.contrast4j.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * {@code report.html}: one or several runs as a page for people. Everything is in this one file: numbers, pictures, style
 * and the script that draws; it fetches nothing, and a policy in its head forbids it to.
 */
public final class ReportPage {
    /** The page's name in a run's folder. */
    public static final String FILE = "report.html";

    /** More points than pixels would make the page longer and no better. */
    private static final int POINTS = 2000;

    // < > & = and quotes become escapes, so that no value can end the element that holds the data.
    private static final Gson JSON = new GsonBuilder().serializeNulls().create();

    private final List<RecordedRun> runs;
    private final Optional<Comparison> comparison;

    /** @param runs at least one; they are compared in the same pictures and tables */
    public ReportPage(List<RecordedRun> runs) {
        this(runs, Optional.empty());
    }

    /**
     * A page that begins with tables of its own.
     *
     * @param runs at least one
     */
    public ReportPage(List<RecordedRun> runs, Comparison comparison) {
        this(runs, Optional.of(comparison));
    }

    private ReportPage(List<RecordedRun> runs, Optional<Comparison> comparison) {
        if (runs.isEmpty()) {
            throw new IllegalArgumentException("a page about nothing");
        }
        this.runs = List.copyOf(runs);
        this.comparison = comparison;
    }

    /** The page. */
    public String html() {
        List<Map<String, Curve>> curves =
                runs.stream().map(run -> MetricsFile.curves(run.lines())).toList();
        JsonObject data = new JsonObject();
        JsonArray charts = new JsonArray();
        for (ChartPlan.Chart chart : ChartPlan.of(curves)) {
            JsonObject json = new JsonObject();
            json.addProperty("id", chart.id());
            json.addProperty("title", chart.title());
            json.addProperty("unit", chart.unit().name);
            json.addProperty("size", chart.unit().size);
            json.add("keys", JSON.toJsonTree(chart.keys()));
            charts.add(json);
        }
        data.add("charts", charts);
        JsonArray all = new JsonArray();
        for (int i = 0; i < runs.size(); i++) {
            all.add(json(runs.get(i), curves.get(i)));
        }
        data.add("runs", all);
        comparison.ifPresent(tables -> data.add("comparison", JSON.toJsonTree(tables)));
        String title = comparison
                .map(Comparison::title)
                .orElseGet(() -> runs.stream().map(RecordedRun::title).collect(Collectors.joining(", ")));
        return filled(
                resource("report.html"),
                Map.of(
                        "title", escaped(title),
                        "style", resource("report.css").strip(),
                        "script", resource("report.js").strip(),
                        "data", JSON.toJson(data)));
    }

    /** Writes the page completely or, if that fails, not at all. @throws UserError if it cannot be written */
    public void write(Path file) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(part, html());
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "The report " + file + " cannot be written (" + Reasons.of(failed) + "): " + Reasons.remedy(failed)
                            + ", or choose another place with --out=FILE.",
                    failed);
        }
    }

    private static JsonObject json(RecordedRun run, Map<String, Curve> curves) {
        JsonObject json = new JsonObject();
        json.addProperty("title", run.title());
        json.addProperty("folder", run.folder().toString());
        json.addProperty("status", run.text("status").orElse("unknown"));
        json.add("facts", JSON.toJsonTree(facts(run)));
        json.add("results", JSON.toJsonTree(Results.of(run)));
        Profile.of(curves).ifPresent(profile -> json.add("profile", JSON.toJsonTree(profile)));
        JsonObject series = new JsonObject();
        curves.forEach((key, curve) -> {
            if (!Profile.isSeconds(key)) {
                series.add(key, json(curve.thinned(POINTS)));
            }
        });
        json.add("curves", series);
        json.add("config", JSON.toJsonTree(run.config()));
        json.addProperty("configText", run.configText());
        json.add("identity", JSON.toJsonTree(flat(run.identity())));
        run.gallery().ifPresent(gallery -> json.add("gallery", gallery));
        return json;
    }

    private static JsonObject json(Curve curve) {
        JsonArray steps = new JsonArray();
        JsonArray values = new JsonArray();
        for (Curve.Point point : curve.points()) {
            steps.add(point.step());
            values.add(
                    Double.isFinite(point.value()) ? new JsonPrimitive(shortened(point.value())) : JsonNull.INSTANCE);
        }
        JsonObject json = new JsonObject();
        json.add("steps", steps);
        json.add("values", values);
        return json;
    }

    /** Six digits are more than a picture shows. */
    private static Number shortened(double value) {
        return value == 0 ? 0 : new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros();
    }

    /** What the head of the page says of a run. */
    private static Map<String, String> facts(RecordedRun run) {
        Map<String, String> facts = new LinkedHashMap<>();
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("method", "method.type");
        keys.put("data", "data.type");
        keys.put("encoder", "encoder.type");
        keys.put("objective", "objective.type");
        keys.put("negatives", "negatives.type");
        keys.put("batch size", "train.batch-size");
        keys.forEach((name, key) -> {
            if (run.config().containsKey(key)) {
                facts.put(name, run.config().get(key));
            }
        });
        run.text("epoch")
                .ifPresent(epochs -> facts.put(
                        "epochs",
                        epochs
                                + (run.config().containsKey("train.epochs")
                                        ? " of " + run.config().get("train.epochs")
                                        : "")));
        run.text("step").ifPresent(steps -> facts.put("steps", steps));
        run.text("device").ifPresent(device -> facts.put("device", device));
        run.text("seed").ifPresent(seed -> facts.put("seed", seed));
        return facts;
    }

    /** {@code run.json} without what has a place of its own on the page; keys of inner objects after a dot. */
    private static Map<String, String> flat(JsonObject identity) {
        Map<String, String> values = new LinkedHashMap<>();
        identity.entrySet().forEach(entry -> {
            if (!entry.getKey().equals("results")) {
                flatten(values, entry.getKey(), entry.getValue());
            }
        });
        return values;
    }

    private static void flatten(Map<String, String> values, String key, JsonElement value) {
        if (value instanceof JsonObject object) {
            object.entrySet().forEach(entry -> flatten(values, key + "." + entry.getKey(), entry.getValue()));
        } else if (value instanceof JsonArray list) {
            List<String> items = new ArrayList<>();
            list.forEach(item -> items.add(item.isJsonPrimitive() ? item.getAsString() : item.toString()));
            values.put(key, items.isEmpty() ? "none" : String.join(", ", items));
        } else {
            values.put(key, value.isJsonPrimitive() ? value.getAsString() : value.toString());
        }
    }

    /** Each place of a name in double braces gets its text; what is inside that text stays as it is. */
    private static String filled(String template, Map<String, String> texts) {
        StringBuilder page = new StringBuilder();
        int done = 0;
        for (int open = template.indexOf("{{"); open >= 0; open = template.indexOf("{{", done)) {
            int close = template.indexOf("}}", open);
            page.append(template, done, open)
                    .append(Objects.requireNonNull(texts.get(template.substring(open + 2, close))));
            done = close + 2;
        }
        return page.append(template, done, template.length()).toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(ReportPage.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
