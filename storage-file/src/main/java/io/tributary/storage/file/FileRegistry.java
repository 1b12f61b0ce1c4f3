package io.tributary.storage.file;

import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Mappings and bindings: text as its UTF-8 bytes, which any text survives as. */
final class FileRegistry implements StoreRegistry {
  private static final byte[] FIRST = {};

  private final Writer writer;
  private final Readers readers;

  private volatile boolean closed;

  /** The answer to an assignment. */
  private record Assigned(Optional<Reason> refused, String store) {}

  FileRegistry(Writer writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
  }

  @Override
  public Future<String> resolve(String tenant, String publicKey, String requestedStore) {
    byte[][] key = {utf8(tenant), utf8(publicKey), utf8(requestedStore)};
    return read(connection -> connection.query(
            row -> text(row, 1),
            "SELECT store FROM mapping"
                + " WHERE tenant = ? AND public_key = ? AND requested = ? AND removed = 0",
            (Object[]) key))
        .compose(found -> found.isEmpty()
            ? refused(Reason.NOT_MAPPED, "the key is mapped to no store")
            : Future.succeededFuture(found.get(0)));
  }

  @Override
  public Future<Void> assign(Mapping mapping, boolean revive) {
    byte[] tenant = utf8(mapping.tenant());
    byte[] publicKey = utf8(mapping.publicKey());
    byte[] requested = utf8(mapping.requestedStore());
    byte[] store = utf8(mapping.store());
    return write(connection -> {
          List<Listed> before = connection.query(
              FileRegistry::listed,
              "SELECT tenant, public_key, requested, store, removed FROM mapping"
                  + " WHERE tenant = ? AND public_key = ? AND requested = ?",
              tenant,
              publicKey,
              requested);
          if (!before.isEmpty()) {
            Listed listed = before.get(0);
            if (listed.removed() && !revive) {
              return new Assigned(Optional.of(Reason.REMOVED), "");
            }
            if (!listed.removed()) {
              String is = listed.mapping().store();
              return new Assigned(
                  is.equals(mapping.store())
                      ? Optional.empty()
                      : Optional.of(Reason.ALREADY_ASSIGNED),
                  is);
            }
          }
          connection.update(
              "INSERT OR REPLACE INTO mapping (tenant, public_key, requested, store, removed)"
                  + " VALUES (?, ?, ?, ?, 0)",
              tenant,
              publicKey,
              requested,
              store);
          return new Assigned(Optional.empty(), mapping.store());
        })
        .compose(assigned -> {
          if (assigned.refused.isEmpty()) {
            return Future.succeededFuture();
          }
          return refused(
              assigned.refused.get(),
              assigned.refused.get() == Reason.REMOVED
                  ? "the key's mapping was removed"
                  : "the key is mapped to " + assigned.store);
        });
  }

  @Override
  public Future<Integer> remove(String tenant, String publicKey) {
    byte[][] key = {utf8(tenant), utf8(publicKey)};
    return write(connection -> connection.update(
        "UPDATE mapping SET removed = 1 WHERE tenant = ? AND public_key = ? AND removed = 0",
        (Object[]) key));
  }

  @Override
  public Future<List<Listed>> list(Optional<Mapping> after, int max) {
    FileLog.requireSome(max);
    byte[] tenant = after.map(mapping -> utf8(mapping.tenant())).orElse(FIRST);
    byte[] publicKey = after.map(mapping -> utf8(mapping.publicKey())).orElse(FIRST);
    byte[] requested = after.map(mapping -> utf8(mapping.requestedStore())).orElse(FIRST);
    return read(connection -> connection.query(
        FileRegistry::listed,
        "SELECT tenant, public_key, requested, store, removed FROM mapping"
            + " WHERE (tenant, public_key, requested) " + (after.isEmpty() ? ">=" : ">")
            + " (?, ?, ?) ORDER BY tenant, public_key, requested LIMIT ?",
        tenant,
        publicKey,
        requested,
        max));
  }

  @Override
  public Future<byte[]> bind(Binding binding) {
    byte[] tenant = utf8(binding.tenant());
    byte[] publicKey = utf8(binding.publicKey());
    return write(connection -> {
      connection.update(
          "INSERT INTO binding (tenant, public_key, signing_key) VALUES (?, ?, ?)"
              + " ON CONFLICT DO NOTHING",
          tenant,
          publicKey,
          binding.signingKey());
      return connection
          .query(
              row -> Sql.bytes(row, 1),
              "SELECT signing_key FROM binding WHERE tenant = ? AND public_key = ?",
              tenant,
              publicKey)
          .get(0);
    });
  }

  @Override
  public Future<Optional<byte[]>> binding(String tenant, String publicKey) {
    byte[][] key = {utf8(tenant), utf8(publicKey)};
    return read(connection -> connection
        .query(
            row -> Sql.bytes(row, 1),
            "SELECT signing_key FROM binding WHERE tenant = ? AND public_key = ?",
            (Object[]) key)
        .stream()
        .findFirst());
  }

  @Override
  public Future<List<Binding>> bindings(Optional<Binding> after, int max) {
    FileLog.requireSome(max);
    byte[] tenant = after.map(binding -> utf8(binding.tenant())).orElse(FIRST);
    byte[] publicKey = after.map(binding -> utf8(binding.publicKey())).orElse(FIRST);
    return read(connection -> connection.query(
        row -> new Binding(text(row, 1), text(row, 2), Sql.bytes(row, 3)),
        "SELECT tenant, public_key, signing_key FROM binding"
            + " WHERE (tenant, public_key) " + (after.isEmpty() ? ">=" : ">")
            + " (?, ?) ORDER BY tenant, public_key LIMIT ?",
        tenant,
        publicKey,
        max));
  }

  private static Listed listed(ResultSet row) throws SQLException {
    return new Listed(
        new Mapping(text(row, 1), text(row, 2), text(row, 3), text(row, 4)), row.getInt(5) != 0);
  }

  static String text(ResultSet row, int column) throws SQLException {
    return new String(Sql.bytes(row, column), StandardCharsets.UTF_8);
  }

  /** Text that has no bytes in UTF-8, with half a surrogate pair in it, is refused, not mangled. */
  static byte[] utf8(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] exact = new byte[bytes.remaining()];
      bytes.get(exact);
      return exact;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not text: it holds half a surrogate pair", e);
    }
  }

  private <T> Future<T> read(Readers.Work<T> work) {
    return (closed ? Future.<T>failedFuture(Writer.closedException()) : readers.submit(work))
        .recover(FileRegistry::unavailable);
  }

  private <T> Future<T> write(Writer.Work<T> work) {
    return writer.submit(work, 1, 0).recover(FileRegistry::unavailable);
  }

  private static <T> Future<T> unavailable(Throwable e) {
    return Future.failedFuture(
        new RegistryException(Reason.UNAVAILABLE, String.valueOf(e.getMessage()), e));
  }

  private static <T> Future<T> refused(Reason reason, String message) {
    return Future.failedFuture(new RegistryException(reason, message, null));
  }

  void close() {
    closed = true;
  }
}
