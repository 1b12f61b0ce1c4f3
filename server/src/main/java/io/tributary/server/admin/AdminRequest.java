package io.tributary.server.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request to the admin API, however it came.
 *
 * @param method GET, POST or DELETE
 * @param path what follows {@code /admin/v1/}, segment by segment, decoded
 * @param query the query's parameters, each once
 * @param body empty if there is none
 */
public record AdminRequest(
    String method, List<String> path, Map<String, String> query, JsonObject body) {
  public AdminRequest {
    path = List.copyOf(path);
    query = Map.copyOf(query);
  }

  /** Without query and body. */
  public static AdminRequest of(String method, String... path) {
    return new AdminRequest(method, List.of(path), Map.of(), new JsonObject());
  }

  /** The same with another query. */
  public AdminRequest withQuery(Map<String, String> query) {
    return new AdminRequest(method, path, query, body);
  }

  /** The same with another body. */
  public AdminRequest withBody(JsonObject body) {
    return new AdminRequest(method, path, query, body);
  }

  Optional<String> parameter(String name) {
    return Optional.ofNullable(query.get(name));
  }

  /** A whole number of the query. */
  long number(String name, long fallback, long min, long max) {
    Optional<String> text = parameter(name);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      long number = Long.parseLong(text.get());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // as any other that is not allowed
    }
    throw AdminException.badField(
        name,
        name + ": found " + text.get() + ", allowed: a whole number from " + min + " to " + max);
  }

  /** A text of the body. */
  String text(String name) {
    return optionalText(name)
        .orElseThrow(() -> AdminException.badField(name, name + " is missing"));
  }

  Optional<String> optionalText(String name) {
    Object value = body.getValue(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text && !text.isEmpty()) {
      return Optional.of(text);
    }
    throw AdminException.badField(name, name + " has to be a text that is not empty");
  }

  /** A boolean of the body, false if it isn't there. */
  boolean flag(String name) {
    Object value = body.getValue(name, false);
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw AdminException.badField(name, name + " has to be true or false");
  }

  /** Refuses what nobody would read: it is a slip, and may change what is meant. */
  void allow(List<String> parameters, List<String> fields) {
    for (String name : query.keySet()) {
      if (!parameters.contains(name)) {
        throw AdminException.badField(name, "there is no parameter " + name + " here");
      }
    }
    for (String name : body.fieldNames()) {
      if (!fields.contains(name)) {
        throw AdminException.badField(name, "there is no field " + name + " here");
      }
    }
  }
}
