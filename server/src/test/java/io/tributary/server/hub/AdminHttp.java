package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.StoreKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The admin API of a hub in this process. */
final class AdminHttp {
  static final String TOKEN = "the-admin-token-of-the-tests";

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI url;

  /** An answer. */
  record Answer(int status, JsonObject body) {
    /** Of an answer that is no error. */
    @CanIgnoreReturnValue
    JsonObject ok() {
      assertThat(status).as(body.encode()).isEqualTo(200);
      return body;
    }

    List<JsonObject> items() {
      JsonArray items = ok().getJsonArray("items");
      return items.stream().map(JsonObject.class::cast).toList();
    }

    /** The code of an answer that is one, with its status. */
    String error() {
      return status + " " + body.getJsonObject("error").getString("code");
    }
  }

  AdminHttp(TestHub hub) {
    this.url = hub.hub().adminUrl().orElseThrow();
  }

  /** A store's key as a segment of a path. */
  static String segment(StoreKey store) {
    return URLEncoder.encode(store.toString(), StandardCharsets.UTF_8);
  }

  Answer get(String path) {
    return send("GET", path, null, TOKEN);
  }

  Answer post(String path, JsonObject body) {
    return send("POST", path, body.encode(), TOKEN);
  }

  Answer delete(String path) {
    return send("DELETE", path, null, TOKEN);
  }

  Answer delete(String path, JsonObject body) {
    return send("DELETE", path, body.encode(), TOKEN);
  }

  /** An export, line by line. */
  String export(String query) {
    return sendRaw("GET", "export" + query, null, TOKEN).body();
  }

  Answer send(String method, String path, String body, String token) {
    HttpResponse<String> response = sendRaw(method, path, body, token);
    return new Answer(response.statusCode(), new JsonObject(response.body()));
  }

  private HttpResponse<String> sendRaw(String method, String path, String body, String token) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/admin/v1/" + path))
        .header("Authorization", "Bearer " + token)
        .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
        .build();
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
