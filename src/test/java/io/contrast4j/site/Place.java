package io.contrast4j.site;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Which file of the site stands for which file or folder of the project. The folders are the same. */
final class Place {
    private static final Set<String> PICTURES = Set.of("svg", "png", "jpg", "jpeg", "gif", "webp");

    private Place() {}

    /** @param path from the project's folder, with slashes; nothing is the folder itself */
    static String of(Path home, String path) {
        String folder = path.isEmpty() ? "" : path + "/";
        if (Files.isDirectory(home.resolve(path))) {
            return folder + "index.html";
        }
        if (path.equals("README.md") || path.endsWith("/README.md")) {
            return path.replaceAll("README\\.md$", "index.html");
        }
        if (path.endsWith(".md")) {
            return path.replaceAll("\\.md$", ".html");
        }
        return isPicture(path) ? path : path + ".html";
    }

    static boolean isPicture(String path) {
        return PICTURES.contains(path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    /** The address of one file of the site in another one. */
    static String address(String from, String to) {
        Path folder = Path.of("/" + from).getParent();
        String relative = folder.relativize(Path.of("/" + to)).toString().replace('\\', '/');
        return relative.replace("%", "%25").replace(" ", "%20").replace("#", "%23");
    }
}
