package io.tributary.storage.postgres;

import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StorageException;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Mappings and bindings. Rows are found by a hash, since their text may be longer than an index takes. */
final class PostgresRegistry implements StoreRegistry {
  private final Database database;
  private final String resolve;
  private final String assign;
  private final String remove;
  private final String list;
  private final String bind;
  private final String binding;
  private final String bindings;

  PostgresRegistry(Database database) {
    this.database = database;
    Names names = database.names();
    resolve = names.in("SELECT store FROM @mapping WHERE hash = $1 AND NOT removed");
    assign = names.in("SELECT @assign($1, $2, $3, $4, $5, $6, $7) AS removed");
    remove = names.in("UPDATE @mapping SET removed = true WHERE owner = $1 AND NOT removed");
    list = names.in("SELECT tenant, public_key, requested_store, store, removed FROM @mapping"
        + " WHERE (tenant, public_key, requested_store) > ($1, $2, $3) OR $4"
        + " ORDER BY tenant, public_key, requested_store LIMIT $5");
    // Changes nothing where there is a row, but so it is returned.
    bind = names.in("INSERT INTO @binding AS b VALUES ($1, $2, $3, $4)"
        + " ON CONFLICT (hash) DO UPDATE SET hash = b.hash RETURNING b.signing_key");
    binding = names.in("SELECT signing_key FROM @binding WHERE hash = $1");
    bindings = names.in("SELECT tenant, public_key, signing_key FROM @binding"
        + " WHERE (tenant, public_key) > ($1, $2) OR $3 ORDER BY tenant, public_key LIMIT $4");
  }

  @Override
  public Future<String> resolve(String tenant, String publicKey, String requestedStore) {
    return read(resolve, Tuple.of(hash(tenant, publicKey, requestedStore))).compose(rows -> {
      for (Row row : rows) {
        return Future.succeededFuture(text(row, "store"));
      }
      return refused(Reason.NOT_MAPPED, "the key is mapped to no store");
    });
  }

  @Override
  public Future<Void> assign(Mapping mapping, boolean revive) {
    Tuple parameters = Tuple.of(
            hash(mapping.tenant(), mapping.publicKey(), mapping.requestedStore()),
            hash(mapping.tenant(), mapping.publicKey()),
            bytes(mapping.tenant()),
            bytes(mapping.publicKey()),
            bytes(mapping.requestedStore()),
            bytes(mapping.store()))
        .addBoolean(revive);
    return write(assign, parameters).compose(rows -> {
      Boolean removed = rows.iterator().next().getBoolean("removed");
      if (removed == null) {
        return Future.succeededFuture();
      }
      return removed
          ? refused(Reason.REMOVED, "the key's mapping was removed")
          : refused(Reason.ALREADY_ASSIGNED, "the key is mapped to another store");
    });
  }

  @Override
  public Future<Integer> remove(String tenant, String publicKey) {
    return write(remove, Tuple.of(hash(tenant, publicKey))).map(RowSet::rowCount);
  }

  @Override
  public Future<List<Listed>> list(Optional<Mapping> after, int max) {
    requireSome(max);
    Tuple parameters = Tuple.of(
        bytes(after.map(Mapping::tenant).orElse("")),
        bytes(after.map(Mapping::publicKey).orElse("")),
        bytes(after.map(Mapping::requestedStore).orElse("")),
        after.isEmpty(),
        (long) max);
    return read(list, parameters).map(rows -> {
      List<Listed> some = new ArrayList<>(rows.size());
      for (Row row : rows) {
        some.add(new Listed(
            new Mapping(
                text(row, "tenant"),
                text(row, "public_key"),
                text(row, "requested_store"),
                text(row, "store")),
            row.getBoolean("removed")));
      }
      return some;
    });
  }

  @Override
  public Future<byte[]> bind(Binding binding) {
    Tuple parameters = Tuple.of(
        hash(binding.tenant(), binding.publicKey()),
        bytes(binding.tenant()),
        bytes(binding.publicKey()),
        Buffer.buffer(binding.signingKey()));
    return write(bind, parameters)
        .map(rows -> rows.iterator().next().getBuffer("signing_key").getBytes());
  }

  @Override
  public Future<Optional<byte[]>> binding(String tenant, String publicKey) {
    return read(binding, Tuple.of(hash(tenant, publicKey))).map(rows -> {
      for (Row row : rows) {
        return Optional.of(row.getBuffer("signing_key").getBytes());
      }
      return Optional.empty();
    });
  }

  @Override
  public Future<List<Binding>> bindings(Optional<Binding> after, int max) {
    requireSome(max);
    Tuple parameters = Tuple.of(
        bytes(after.map(Binding::tenant).orElse("")),
        bytes(after.map(Binding::publicKey).orElse("")),
        after.isEmpty(),
        (long) max);
    return read(bindings, parameters).map(rows -> {
      List<Binding> some = new ArrayList<>(rows.size());
      for (Row row : rows) {
        some.add(new Binding(
            text(row, "tenant"),
            text(row, "public_key"),
            row.getBuffer("signing_key").getBytes()));
      }
      return some;
    });
  }

  private Future<RowSet<Row>> read(String sql, Tuple parameters) {
    return database.read(sql, parameters).recover(PostgresRegistry::unavailable);
  }

  private Future<RowSet<Row>> write(String sql, Tuple parameters) {
    return database.write(sql, parameters).recover(PostgresRegistry::unavailable);
  }

  /** All changes may be asked for again: whether they were made is nothing a caller has to know. */
  private static <T> Future<T> unavailable(Throwable e) {
    return Future.failedFuture(
        e instanceof StorageException
            ? new RegistryException(Reason.UNAVAILABLE, String.valueOf(e.getMessage()), e)
            : e);
  }

  private static <T> Future<T> refused(Reason reason, String why) {
    return Future.failedFuture(new RegistryException(reason, why, null));
  }

  private static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
  }

  private static Buffer bytes(String text) {
    return Buffer.buffer(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(Row row, String column) {
    return row.getBuffer(column).toString(StandardCharsets.UTF_8);
  }

  /** Of the parts, each with its length before it, so that no two lists of parts are the same bytes. */
  private static Buffer hash(String... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        digest.update(bytes);
      }
      return Buffer.buffer(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
