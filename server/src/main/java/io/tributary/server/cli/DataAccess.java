package io.tributary.server.cli;

import io.tributary.core.model.StoreKey;
import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The data that a verb works on: a running hub's, or by itself. Blocks. */
interface DataAccess extends AutoCloseable {
  /** How many items verbs ask for at a time. */
  int PAGE = 500;

  /**
   * Asks for something to be done.
   *
   * @throws CommandErrors.FailedException if the answer is no
   * @throws IOException if there is no answer
   */
  JsonObject ask(AdminRequest request) throws IOException;

  /** All items of a list, page by page. */
  default List<JsonObject> all(AdminRequest request) throws IOException {
    List<JsonObject> items = new ArrayList<>();
    Map<String, String> query = new HashMap<>(request.query());
    query.put("limit", Integer.toString(PAGE));
    while (true) {
      JsonObject page = ask(request.withQuery(query));
      JsonArray some = page.getJsonArray("items");
      for (int i = 0; i < some.size(); i++) {
        items.add(some.getJsonObject(i));
      }
      Object next = page.getValue("next");
      if (next == null) {
        return items;
      }
      query.put("after", next.toString());
    }
  }

  /**
   * Writes an export.
   *
   * @param stores which; empty = all there is
   */
  void export(List<StoreKey> stores, OutputStream out) throws IOException;

  /** Puts an export into the data; what it answers is as {@link io.tributary.server.move.Moved}. */
  JsonObject importFrom(Path file, boolean move) throws IOException;

  @Override
  void close();
}
