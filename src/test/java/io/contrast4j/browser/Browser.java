package io.contrast4j.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A real Chromium without a window, driven by its debugging protocol. */
public final class Browser implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger number = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
    private final List<JsonObject> events = new CopyOnWriteArrayList<>();

    private Browser(Process process, URI debugger) {
        this.process = process;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(debugger, new Listener())
                .join();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", new JsonObject());
        }
    }

    /** The program, which the project's script finds or installs; nothing where it cannot. */
    public static Optional<Path> program() throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("contrast4j.home", "."));
        Process script = new ProcessBuilder(
                        home.resolve("tools/test/chromium.sh").toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String path = new String(script.getInputStream().readAllBytes()).strip();
        return script.waitFor() == 0 ? Optional.of(Path.of(path)) : Optional.empty();
    }

    /** @param profile a new folder for what the browser keeps */
    public static Browser start(Path program, Path profile) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "--window-size=1280,900",
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(profile.resolveSibling("browser.log").toFile())
                .start();
        Path port = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.exists(port) || Files.readAllLines(port).size() < 2) {
            assertThat(process.isAlive() && System.nanoTime() < end)
                    .as("Chromium starts")
                    .isTrue();
            Thread.sleep(50);
        }
        HttpResponse<String> pages = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                        + Files.readAllLines(port).get(0) + "/json/list"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        for (JsonElement page : JsonParser.parseString(pages.body()).getAsJsonArray()) {
            if (page.getAsJsonObject().get("type").getAsString().equals("page")) {
                String debugger =
                        page.getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
                return new Browser(process, URI.create(debugger));
            }
        }
        throw new AssertionError("Chromium has no page");
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
                text.setLength(0);
                if (message.has("id")) {
                    answers.get(message.get("id").getAsInt()).complete(message);
                } else {
                    events.add(message);
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    public JsonObject call(String method, JsonObject parameters) {
        int id = number.incrementAndGet();
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        answers.put(id, answer);
        JsonObject message = new JsonObject();
        message.addProperty("id", id);
        message.addProperty("method", method);
        message.add("params", parameters);
        socket.sendText(message.toString(), true).join();
        JsonObject got = answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        assertThat(got.has("error")).as(method + " " + got).isFalse();
        return got.getAsJsonObject("result");
    }

    /** Shows a file, and waits until it is loaded. */
    public void open(Path file) throws InterruptedException {
        events.clear();
        call("Page.navigate", object("url", file.toUri().toString()));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (named("Page.loadEventFired").isEmpty()) {
            assertThat(System.nanoTime() < end).as("the page loads").isTrue();
            Thread.sleep(20);
        }
    }

    /** The value of an expression in the page. */
    public JsonElement value(String expression) {
        JsonObject parameters = object("expression", expression);
        parameters.addProperty("returnByValue", true);
        JsonObject got = call("Runtime.evaluate", parameters);
        assertThat(got.has("exceptionDetails")).as(expression + ": " + got).isFalse();
        JsonObject result = got.getAsJsonObject("result");
        return result.has("value") ? result.get("value") : new JsonArray();
    }

    public String text(String expression) {
        return value("String(" + expression + ")").getAsString();
    }

    public int count(String selector) {
        return value("document.querySelectorAll('" + selector + "').length").getAsInt();
    }

    /** A press of the mouse in the middle of an element, as a person makes it. */
    public void click(String selector) {
        double[] at = middle(selector);
        mouse("mouseMoved", at);
        mouse("mousePressed", at);
        mouse("mouseReleased", at);
    }

    public void pointAt(String selector) {
        mouse("mouseMoved", middle(selector));
    }

    private double[] middle(String selector) {
        JsonArray at = value("(() => { const e = document.querySelector('" + selector
                        + "'); e.scrollIntoView({ block: 'center', behavior: 'instant' });"
                        + " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
                .getAsJsonArray();
        return new double[] {at.get(0).getAsDouble(), at.get(1).getAsDouble()};
    }

    private void mouse(String type, double[] at) {
        JsonObject parameters = object("type", type);
        parameters.addProperty("x", at[0]);
        parameters.addProperty("y", at[1]);
        parameters.addProperty("button", type.equals("mouseMoved") ? "none" : "left");
        parameters.addProperty("clickCount", type.equals("mouseMoved") ? 0 : 1);
        call("Input.dispatchMouseEvent", parameters);
    }

    /** @param scheme light or dark */
    public void prefer(String scheme) {
        JsonObject feature = object("name", "prefers-color-scheme");
        feature.addProperty("value", scheme);
        JsonArray features = new JsonArray();
        features.add(feature);
        JsonObject parameters = new JsonObject();
        parameters.add("features", features);
        call("Emulation.setEmulatedMedia", parameters);
    }

    /** The size of the window; below 600 pixels it is a phone's. */
    public void size(int width, int height) {
        JsonObject parameters = new JsonObject();
        parameters.addProperty("width", width);
        parameters.addProperty("height", height);
        parameters.addProperty("deviceScaleFactor", 1);
        parameters.addProperty("mobile", width < 600);
        call("Emulation.setDeviceMetricsOverride", parameters);
    }

    /** Text as it comes from a keyboard, into what has the focus. */
    public void type(String text) {
        text.codePoints().forEach(letter -> {
            JsonObject parameters = object("type", "keyDown");
            parameters.addProperty("text", Character.toString(letter));
            parameters.addProperty("key", Character.toString(letter));
            call("Input.dispatchKeyEvent", parameters);
            parameters.addProperty("type", "keyUp");
            call("Input.dispatchKeyEvent", parameters);
        });
    }

    /**
     * A press of a key without a letter.
     *
     * @param name as scripts call it, such as {@code ArrowDown}
     */
    public void press(String name) {
        JsonObject parameters = object("type", "keyDown");
        parameters.addProperty("key", name);
        if (name.equals("Enter")) {
            parameters.addProperty("text", "\r");
        }
        call("Input.dispatchKeyEvent", parameters);
        parameters.addProperty("type", "keyUp");
        call("Input.dispatchKeyEvent", parameters);
    }

    /** Waits until an expression in the page is true. */
    public void await(String expression) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!text(expression).equals("true")) {
            assertThat(System.nanoTime() < end).as(expression).isTrue();
            Thread.sleep(20);
        }
    }

    /** What the console and the browser itself complain about. */
    public List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        named("Runtime.exceptionThrown").forEach(event -> complaints.add(event.toString()));
        for (JsonObject event : named("Runtime.consoleAPICalled")) {
            if (!event.get("type").getAsString().equals("log")) {
                complaints.add(event.toString());
            }
        }
        named("Log.entryAdded").forEach(event -> complaints.add(event.toString()));
        return complaints;
    }

    /** The addresses that the page has asked for, but for those that hold their content. */
    public List<String> requests() {
        return named("Network.requestWillBeSent").stream()
                .map(event -> event.getAsJsonObject("request").get("url").getAsString())
                .filter(address -> !address.startsWith("data:"))
                .toList();
    }

    private List<JsonObject> named(String method) {
        return events.stream()
                .filter(event -> event.get("method").getAsString().equals(method))
                .map(event -> event.getAsJsonObject("params"))
                .toList();
    }

    /** The whole page as PNG. */
    public byte[] picture() {
        JsonObject parameters = object("format", "png");
        parameters.addProperty("captureBeyondViewport", true);
        JsonObject size = call("Page.getLayoutMetrics", new JsonObject()).getAsJsonObject("cssContentSize");
        size.addProperty("scale", 1);
        parameters.add("clip", size);
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", parameters).get("data").getAsString());
    }

    private static JsonObject object(String key, String value) {
        JsonObject object = new JsonObject();
        object.addProperty(key, value);
        return object;
    }

    @Override
    public void close() throws InterruptedException {
        call("Browser.close", new JsonObject());
        socket.abort();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
