package io.tributary.storage.redis;

import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Mappings and bindings. */
final class RedisRegistry implements StoreRegistry {
  private final Link writer;
  private final Link reader;

  RedisRegistry(Link writer, Link reader) {
    this.writer = writer;
    this.reader = reader;
  }

  /**
   * Texts as bytes in whose order they are in the order of the first, then the second, and so on:
   * each ends with 0, and a 0 within is followed by 0xff, which UTF-8 has nowhere.
   */
  static byte[] name(String... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String part : parts) {
      for (byte b : part.getBytes(StandardCharsets.UTF_8)) {
        out.write(b);
        if (b == 0) {
          out.write(0xff);
        }
      }
      out.write(0);
    }
    return out.toByteArray();
  }

  static List<String> parts(byte[] name) {
    List<String> parts = new ArrayList<>();
    ByteArrayOutputStream part = new ByteArrayOutputStream();
    for (int i = 0; i < name.length; i++) {
      if (name[i] != 0) {
        part.write(name[i]);
      } else if (i + 1 < name.length && name[i + 1] == (byte) 0xff) {
        part.write(0);
        i++;
      } else {
        parts.add(part.toString(StandardCharsets.UTF_8));
        part.reset();
      }
    }
    return parts;
  }

  @Override
  public Future<String> resolve(String tenant, String publicKey, String requestedStore) {
    return ask(reader, "resolve", new Args().add(name(tenant, publicKey, requestedStore)), false)
        .compose(reply -> {
          String value = reply.get(1) == null ? "-" : reply.get(1).toString();
          return value.startsWith("+")
              ? Future.succeededFuture(value.substring(1))
              : refused(Reason.NOT_MAPPED, "the key is mapped to no store");
        });
  }

  @Override
  public Future<Void> assign(Mapping mapping, boolean revive) {
    Args args = new Args()
        .add(name(mapping.tenant(), mapping.publicKey(), mapping.requestedStore()))
        .add(mapping.store())
        .add(revive ? 1 : 0);
    return ask(writer, "assign", args, true).compose(reply -> {
      String answer = reply.get(1).toString();
      if (answer.equals("OK")) {
        return Future.succeededFuture();
      }
      return answer.equals("REMOVED")
          ? refused(Reason.REMOVED, "the key's mapping was removed")
          : refused(
              Reason.ALREADY_ASSIGNED,
              "the key is mapped to " + answer.substring(answer.indexOf(' ') + 1));
    });
  }

  @Override
  public Future<Integer> remove(String tenant, String publicKey) {
    byte[] begin = name(tenant, publicKey);
    // A name of this key goes on with UTF-8 or 0, one of a longer key with 0xff.
    byte[] end = Arrays.copyOf(begin, begin.length + 1);
    end[begin.length] = (byte) 0xff;
    return ask(writer, "remove", new Args().add(begin).add(end), true)
        .map(reply -> reply.get(1).toInteger());
  }

  @Override
  public Future<List<Listed>> list(Optional<Mapping> after, int max) {
    byte[] from =
        after.map(m -> name(m.tenant(), m.publicKey(), m.requestedStore())).orElse(new byte[0]);
    return list("list", from, max).map(reply -> {
      List<Listed> all = new ArrayList<>();
      for (int i = 1; i < reply.size(); i += 2) {
        List<String> name = parts(reply.get(i).toBytes());
        String value = reply.get(i + 1).toString();
        all.add(new Listed(
            new Mapping(name.get(0), name.get(1), name.get(2), value.substring(1)),
            value.startsWith("-")));
      }
      return all;
    });
  }

  @Override
  public Future<byte[]> bind(Binding binding) {
    Args args =
        new Args().add(name(binding.tenant(), binding.publicKey())).add(binding.signingKey());
    return ask(writer, "bind", args, true).map(reply -> reply.get(1).toBytes());
  }

  @Override
  public Future<Optional<byte[]>> binding(String tenant, String publicKey) {
    return ask(reader, "binding", new Args().add(name(tenant, publicKey)), false)
        .map(reply -> Optional.ofNullable(reply.get(1)).map(Response::toBytes));
  }

  @Override
  public Future<List<Binding>> bindings(Optional<Binding> after, int max) {
    byte[] from = after.map(b -> name(b.tenant(), b.publicKey())).orElse(new byte[0]);
    return list("bindings", from, max).map(reply -> {
      List<Binding> all = new ArrayList<>();
      for (int i = 1; i < reply.size(); i += 2) {
        List<String> name = parts(reply.get(i).toBytes());
        all.add(new Binding(name.get(0), name.get(1), reply.get(i + 1).toBytes()));
      }
      return all;
    });
  }

  private Future<Response> list(String verb, byte[] from, int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
    return ask(reader, verb, new Args().add(from).add(max), false);
  }

  private static Future<Response> ask(Link link, String verb, Args args, boolean write) {
    List<byte[]> all = new Args().add(verb).list();
    all.addAll(args.list());
    return link.call(Script.REGISTRY, all, write)
        .recover(e -> refused(Reason.UNAVAILABLE, String.valueOf(e.getMessage()), e));
  }

  private static <T> Future<T> refused(Reason reason, String message) {
    return Future.failedFuture(new RegistryException(reason, message, null));
  }

  private static <T> Future<T> refused(Reason reason, String message, Throwable cause) {
    return Future.failedFuture(new RegistryException(reason, message, cause));
  }
}
