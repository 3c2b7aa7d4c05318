package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.Views;
import java.util.List;

/** What {@code bench data} measures beside bare decoding: recipes, each from a decoded picture to its views. */
final class DataPipelines {
    private DataPipelines() {}

    /**
     * @param name short, for a table
     * @param views what is rendered of every picture
     */
    record Pipeline(String name, Views views) {}

    static List<Pipeline> all() {
        return List.of(recipe("CMC: crop, flip, Lab", "cmc"), recipe("MoCo v2: two crops", "moco-v2"));
    }

    private static Pipeline recipe(String name, String recipe) {
        ConfigFile defaults = ConfigFile.defaults(List.of("views=${recipes." + recipe + "}"), ConfigFile.REFERENCE);
        return new Pipeline(
                name, defaults.bindWithoutFiles(RunConfig.class).views().random());
    }
}
