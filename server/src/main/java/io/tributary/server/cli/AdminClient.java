package io.tributary.server.cli;

import io.tributary.core.model.StoreKey;
import io.tributary.server.admin.AdminRequest;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A running hub, by its admin listener. */
final class AdminClient implements DataAccess {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** Nothing listens there. */
  static final class UnreachableException extends IOException {
    private static final long serialVersionUID = 1L;

    UnreachableException(URI url, Throwable cause) {
      super("no hub answers at " + url, cause);
    }
  }

  private final URI url;
  private final String token;
  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .connectTimeout(CONNECT)
      .build();

  /** @param url the admin listener's, as {@code http://127.0.0.1:8789} */
  AdminClient(URI url, String token) {
    this.url = url;
    this.token = token;
  }

  @Override
  public JsonObject ask(AdminRequest request) throws IOException {
    BodyPublisher body = request.body().isEmpty()
        ? BodyPublishers.noBody()
        : BodyPublishers.ofString(request.body().encode());
    HttpResponse<String> response = send(
        HttpRequest.newBuilder(uri(request))
            .header("Content-Type", "application/json")
            .method(request.method(), body),
        BodyHandlers.ofString(StandardCharsets.UTF_8));
    return checked(response.statusCode(), response.body());
  }

  /** Whether anything listens there. */
  boolean answers() throws IOException {
    try {
      JsonObject unused =
          ask(AdminRequest.of("GET", "compactions").withQuery(Map.of("limit", "1")));
    } catch (UnreachableException e) {
      return false;
    } catch (FailedException e) {
      // said when it is asked for something
    }
    return true;
  }

  private <T> HttpResponse<T> send(HttpRequest.Builder request, BodyHandler<T> handler)
      throws IOException {
    try {
      return client.send(request.header("Authorization", "Bearer " + token).build(), handler);
    } catch (ConnectException e) {
      throw new UnreachableException(url, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private String base() {
    return url.toString().replaceFirst("/+$", "") + "/admin/v1/";
  }

  private URI uri(AdminRequest request) {
    String path = request.path().stream().map(AdminClient::encode).collect(Collectors.joining("/"));
    String query = request.query().entrySet().stream()
        .map(e -> encode(e.getKey()) + "=" + encode(e.getValue()))
        .collect(Collectors.joining("&", "?", ""));
    return URI.create(base() + path + (query.equals("?") ? "" : query));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The answer, unless it is a refusal: a late one comes with status 200. */
  JsonObject checked(int status, String body) throws IOException {
    JsonObject json;
    try {
      json = new JsonObject(body);
    } catch (DecodeException e) {
      throw new IOException("what answers at " + url + " is no admin listener: HTTP " + status, e);
    }
    JsonObject error = json.getJsonObject("error");
    if (status == 401) {
      throw new FailedException("the hub at " + url + " does not take this admin token", null);
    }
    if (error != null || status != 200) {
      throw new FailedException(
          error == null ? "HTTP " + status : error.getString("message", "HTTP " + status), null);
    }
    return json;
  }

  @Override
  public void export(List<StoreKey> stores, OutputStream out) throws IOException {
    String query = stores.stream()
        .map(store -> "store=" + encode(store.toString()))
        .collect(Collectors.joining("&"));
    HttpResponse<InputStream> response = send(
        HttpRequest.newBuilder(URI.create(base() + "export" + (query.isEmpty() ? "" : "?" + query)))
            .GET(),
        BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      if (response.statusCode() == 200) {
        long unused = body.transferTo(out);
      } else {
        JsonObject unused =
            checked(response.statusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
  }

  @Override
  public JsonObject importFrom(Path file, boolean move) throws IOException {
    HttpResponse<String> response = send(
        HttpRequest.newBuilder(URI.create(base() + "import?move=" + move))
            .header("Content-Type", "application/x-ndjson")
            .POST(BodyPublishers.ofFile(file)),
        BodyHandlers.ofString(StandardCharsets.UTF_8));
    return checked(response.statusCode(), response.body());
  }

  @Override
  public void close() {
    // nothing stays open
  }
}
