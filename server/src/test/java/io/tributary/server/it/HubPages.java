package io.tributary.server.it;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;

/** A hub's pages for operators. */
final class HubPages {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What was answered. */
  record Page(int status, String body) {
    JsonObject json() {
      return new JsonObject(body);
    }
  }

  private HubPages() {}

  /** A page of the main listener. */
  static Page get(HubProcess hub, String path) {
    URI uri = URI.create("http://127.0.0.1:" + hub.port() + path);
    return send(HttpRequest.newBuilder(uri));
  }

  /** A counter or gauge without labels; 0 if there is none of that name. */
  static double metric(HubProcess hub, String name) {
    try {
      String url = Files.readString(hub.dataDirectory().resolve("admin-url")).strip();
      String token =
          Files.readString(hub.dataDirectory().resolve("admin-token")).strip();
      Page page = send(HttpRequest.newBuilder(URI.create(url).resolve("/metrics"))
          .header("Authorization", "Bearer " + token));
      return Arrays.stream(page.body().split("\n"))
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Page send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response = HttpClient.newHttpClient()
          .send(request.timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
      return new Page(response.statusCode(), response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
