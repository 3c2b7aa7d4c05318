package io.contrast4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What this program is made of. */
final class Versions implements IVersionProvider {
    @Override
    public String[] getVersion() {
        Map<String, String> all = all();
        return new String[] {
            "contrast4j " + all.get("contrast4j"),
            "LibTorch " + all.get("pytorch") + ", OpenCV " + all.get("opencv") + " (JavaCPP presets)",
            "Java " + all.get("java")
        };
    }

    /** Versions by name. */
    static Map<String, String> all() {
        Properties build = new Properties();
        try (InputStream in = Versions.class.getResourceAsStream("build.properties")) {
            build.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> all = new LinkedHashMap<>();
        all.put("contrast4j", build.getProperty("version"));
        all.put("pytorch", build.getProperty("pytorch"));
        all.put("opencv", build.getProperty("opencv"));
        all.put("java", Runtime.version().toString());
        all.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        return all;
    }
}
