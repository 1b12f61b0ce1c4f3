package io.tributary.storage.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.StoreRegistry.Binding;
import io.tributary.storage.StoreRegistry.Listed;
import io.tributary.storage.StoreRegistry.Mapping;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What {@link StoreRegistry} promises. */
public abstract class RegistryContract extends ContractBase {
  private static final String DEFAULT = StoreRegistry.DEFAULT_STORE;

  /** In the order of their UTF-8 bytes, which is that of neither chars nor a dictionary. */
  private static final List<String> TEXTS = List.of(
      "",
      "\u0000",
      "\u0000x",
      " ",
      " x",
      "%",
      "%00",
      "'; --",
      "/",
      "0",
      ":",
      "X",
      "_",
      "default",
      "e\u0301",
      "x",
      "x\u0000",
      "x\u0000y",
      "x ",
      "x/y",
      "x:y",
      "xy",
      "\u00e9",
      "\u00ff",
      "\u20ac",
      "\uffee",
      "\ud83d\ude00");

  // mappings

  @Test
  protected void aKeyThatWasNeverAssignedIsNotMapped() {
    assertRefused(Reason.NOT_MAPPED, () -> registry().resolve(newTenant(), "key", DEFAULT));
    assertThat(await(registry().remove(newTenant(), "key"))).isZero();
  }

  @Test
  protected void anAssignedKeyIsMappedToItsStore() {
    String tenant = newTenant();
    assign(tenant, "key", DEFAULT, "main");
    assign(tenant, "key", "other", "second");
    assign(tenant, "friend", DEFAULT, "main");
    assertThat(resolve(tenant, "key", DEFAULT)).isEqualTo("main");
    assertThat(resolve(tenant, "key", "other")).isEqualTo("second");
    assertThat(resolve(tenant, "friend", DEFAULT)).isEqualTo("main");
    assertRefused(Reason.NOT_MAPPED, () -> registry().resolve(tenant, "friend", "other"));
    assertRefused(Reason.NOT_MAPPED, () -> registry().resolve(newTenant(), "key", DEFAULT));
  }

  @Test
  protected void theSameMappingAgainChangesNothing() {
    String tenant = newTenant();
    assign(tenant, "key", DEFAULT, "main");
    assign(tenant, "key", DEFAULT, "main");
    await(registry().assign(new Mapping(tenant, "key", DEFAULT, "main"), true));
    assertThat(list(tenant)).containsExactly(listed(tenant, "key", DEFAULT, "main", false));
  }

  @Test
  protected void aKeyThatIsMappedToAnotherStoreStaysThere() {
    String tenant = newTenant();
    assign(tenant, "key", DEFAULT, "main");
    for (boolean revive : new boolean[] {false, true}) {
      assertRefused(
          Reason.ALREADY_ASSIGNED,
          () -> registry().assign(new Mapping(tenant, "key", DEFAULT, "other"), revive));
    }
    assertThat(resolve(tenant, "key", DEFAULT)).isEqualTo("main");
    assertThat(list(tenant)).containsExactly(listed(tenant, "key", DEFAULT, "main", false));
  }

  @Test
  protected void aRemovedMappingIsRemembered() {
    String tenant = newTenant();
    assign(tenant, "key", DEFAULT, "main");
    assign(tenant, "key", "other", "main");
    assign(tenant, "key\u0000", DEFAULT, "main");
    assign(tenant, "kez", DEFAULT, "main");
    assertThat(await(registry().remove(tenant, "key"))).isEqualTo(2);
    assertThat(await(registry().remove(tenant, "key"))).as("gone already").isZero();
    assertRefused(Reason.NOT_MAPPED, () -> registry().resolve(tenant, "key", DEFAULT));
    assertRefused(Reason.NOT_MAPPED, () -> registry().resolve(tenant, "key", "other"));
    assertThat(resolve(tenant, "kez", DEFAULT)).isEqualTo("main");
    assertThat(list(tenant))
        .containsExactly(
            listed(tenant, "key", DEFAULT, "main", true),
            listed(tenant, "key", "other", "main", true),
            listed(tenant, "key\u0000", DEFAULT, "main", false),
            listed(tenant, "kez", DEFAULT, "main", false));
    for (String store : List.of("main", "another")) {
      assertRefused(
          Reason.REMOVED,
          () -> registry().assign(new Mapping(tenant, "key", DEFAULT, store), false));
    }
    assertRefused(Reason.NOT_MAPPED, () -> registry().resolve(tenant, "key", DEFAULT));
    // A name that the key never used is free.
    assign(tenant, "key", "third", "main");
    assertThat(await(registry().remove(tenant, "key"))).isEqualTo(1);
  }

  @Test
  protected void aRemovedMappingCanBeRevived() {
    String tenant = newTenant();
    assign(tenant, "key", DEFAULT, "main");
    assign(tenant, "key", "other", "main");
    await(registry().remove(tenant, "key"));
    await(registry().assign(new Mapping(tenant, "key", DEFAULT, "another"), true));
    await(registry().assign(new Mapping(tenant, "fresh", DEFAULT, "main"), true));
    assertThat(resolve(tenant, "key", DEFAULT)).isEqualTo("another");
    assertThat(list(tenant))
        .containsExactly(
            listed(tenant, "fresh", DEFAULT, "main", false),
            listed(tenant, "key", DEFAULT, "another", false),
            listed(tenant, "key", "other", "main", true));
    assertRefused(
        Reason.ALREADY_ASSIGNED,
        () -> registry().assign(new Mapping(tenant, "key", DEFAULT, "main"), true));
    assign(tenant, "key", DEFAULT, "another");
    assertThat(await(registry().remove(tenant, "key"))).isEqualTo(1);
  }

  @Test
  protected void ofManyWhoAssignAtOnceOneWins() {
    for (int round = 0; round < (LONG ? 200 : 20); round++) {
      String tenant = newTenant();
      List<Future<Boolean>> calls = new ArrayList<>();
      for (int i = 0; i < contexts().size(); i++) {
        Mapping mapping = new Mapping(tenant, "key", DEFAULT, "store" + i);
        calls.add(on(contexts().get(i), () -> registry().assign(mapping, false))
            .map(true)
            .recover(e -> reason(e).equals(Optional.of(Reason.ALREADY_ASSIGNED))
                ? Future.succeededFuture(false)
                : Future.failedFuture(e)));
      }
      List<Boolean> won = calls.stream().map(ContractBase::await).toList();
      assertThat(won).containsOnlyOnce(true);
      assertThat(resolve(tenant, "key", DEFAULT)).isEqualTo("store" + won.indexOf(true));
    }
  }

  @Test
  protected void anyTextIsAKeyOfItsOwn() {
    String tenant = newTenant();
    Map<Mapping, String> expected = new HashMap<>();
    List<Mapping> mappings = new ArrayList<>();
    for (String text : TEXTS) {
      mappings.add(new Mapping(tenant, text, "x", "a" + text));
      mappings.add(new Mapping(tenant, "requests", text, "b" + text));
      mappings.add(new Mapping(tenant + text, "tenant", "x", "c" + text));
      mappings.add(new Mapping(tenant, text, text, text));
    }
    mappings.add(new Mapping(tenant, "long".repeat(500), "x", "y".repeat(500)));
    for (Mapping mapping : mappings) {
      Mapping key =
          new Mapping(mapping.tenant(), mapping.publicKey(), mapping.requestedStore(), "");
      if (expected.putIfAbsent(key, mapping.store()) == null) {
        await(registry().assign(mapping, false));
      }
    }
    expected.forEach((key, store) ->
        assertThat(resolve(key.tenant(), key.publicKey(), key.requestedStore())).isEqualTo(store));
    assertThat(await(registry().remove(tenant, "requests"))).isEqualTo(TEXTS.size());
  }

  @Test
  protected void mappingsAreListedInTheOrderOfTheirBytes() {
    String tenant = newTenant();
    List<Listed> expected = new ArrayList<>();
    for (String end : List.of("", "\u0000", "a", "\uffee", "\ud83d\ude00")) {
      for (String publicKey : TEXTS) {
        expected.add(listed(tenant + end, publicKey, "x", "store", false));
      }
      for (String requested : TEXTS) {
        expected.add(listed(tenant + end, "\ud83d\ude00\ud83d\ude00", requested, "store", false));
      }
    }
    List<Listed> shuffled = new ArrayList<>(expected);
    Collections.shuffle(shuffled, new Random(5));
    shuffled.forEach(listed -> await(registry().assign(listed.mapping(), false)));
    assertThat(list(tenant)).isEqualTo(expected);
    // A listing goes on after any mapping, one of another store or one that isn't there.
    Mapping before = new Mapping(tenant, "x", "x", "another store");
    assertThat(await(registry().list(Optional.of(before), 1)).get(0).mapping().publicKey())
        .isEqualTo("x\u0000");
    Mapping between = new Mapping(tenant, "x", "y", "");
    assertThat(await(registry().list(Optional.of(between), 1)).get(0).mapping().publicKey())
        .isEqualTo("x\u0000");
    Mapping first = await(registry().list(Optional.empty(), 1)).get(0).mapping();
    assertThat(Arrays.compareUnsigned(first.tenant().getBytes(UTF_8), tenant.getBytes(UTF_8)))
        .isNotPositive();
  }

  // bindings

  @Test
  protected void aKeyIsBoundOnce() {
    String tenant = newTenant();
    assertThat(await(registry().binding(tenant, "key"))).isEmpty();
    assertThat(bind(tenant, "key", 1, 2)).containsExactly(1, 2);
    assertThat(bind(tenant, "key", 3)).as("an earlier one").containsExactly(1, 2);
    assertThat(bind(tenant, "key", 1, 2)).containsExactly(1, 2);
    assertThat(await(registry().binding(tenant, "key")).orElseThrow()).containsExactly(1, 2);
    assertThat(bind(newTenant(), "key", 3)).containsExactly(3);
    assertThat(bind(tenant, "Key")).isEmpty();
    assertThat(await(registry().binding(tenant, "Key")).orElseThrow()).isEmpty();
  }

  @Test
  protected void ofManyWhoBindAtOnceAllGetTheSame() {
    for (int round = 0; round < (LONG ? 200 : 20); round++) {
      String tenant = newTenant();
      List<Future<byte[]>> calls = new ArrayList<>();
      for (int i = 0; i < contexts().size(); i++) {
        Binding binding = new Binding(tenant, "key", new byte[] {(byte) i});
        calls.add(on(contexts().get(i), () -> registry().bind(binding)));
      }
      Set<Byte> bound = new HashSet<>();
      calls.forEach(call -> bound.add(await(call)[0]));
      assertThat(bound).hasSize(1);
      assertThat(bound).contains(await(registry().binding(tenant, "key")).orElseThrow()[0]);
    }
  }

  @Test
  protected void bindingsAreListedInTheOrderOfTheirBytes() {
    String tenant = newTenant();
    List<Binding> expected = new ArrayList<>();
    for (String end : List.of("", "\u0000", "\uffee", "\ud83d\ude00")) {
      for (String publicKey : TEXTS) {
        expected.add(new Binding(tenant + end, publicKey, publicKey.getBytes(UTF_8)));
      }
    }
    List<Binding> shuffled = new ArrayList<>(expected);
    Collections.shuffle(shuffled, new Random(6));
    shuffled.forEach(binding -> await(registry().bind(binding)));
    assertThat(bindings(tenant)).isEqualTo(shown(expected));
    Binding between = new Binding(tenant, "x\u0000x", new byte[0]);
    assertThat(await(registry().bindings(Optional.of(between), 1)).get(0).publicKey())
        .isEqualTo("x\u0000y");
  }

  @Test
  protected void removingMappingsLeavesBindings() {
    String tenant = newTenant();
    assign(tenant, "key", DEFAULT, "main");
    assertThat(bind(tenant, "key", 7)).containsExactly(7);
    await(registry().remove(tenant, "key"));
    assertThat(await(registry().binding(tenant, "key")).orElseThrow()).containsExactly(7);
  }

  // ends, contexts and ranges

  @Test
  protected void theRegistryIsThereAfterReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    assertSurvives(this::reopen);
  }

  @Test
  protected void theRegistryIsThereAfterACrash() throws Exception {
    assumeSurvives(Survives.CRASH);
    assertSurvives(this::crash);
  }

  private interface End {
    void happen() throws Exception;
  }

  private void assertSurvives(End end) throws Exception {
    String tenant = newTenant();
    assign(tenant, "a", DEFAULT, "main\u0000");
    assign(tenant, "b", DEFAULT, "main");
    assign(tenant, "c", DEFAULT, "main");
    await(registry().remove(tenant, "b"));
    await(registry().remove(tenant, "c"));
    await(registry().assign(new Mapping(tenant, "c", DEFAULT, "other"), true));
    assertThat(bind(tenant, "a", 1, 2, 3)).hasSize(3);
    List<Listed> before = list(tenant);
    assertThat(before).hasSize(3);
    end.happen();
    assertThat(list(tenant)).isEqualTo(before);
    assertThat(resolve(tenant, "a", DEFAULT)).isEqualTo("main\u0000");
    assertThat(resolve(tenant, "c", DEFAULT)).isEqualTo("other");
    assertRefused(
        Reason.REMOVED, () -> registry().assign(new Mapping(tenant, "b", DEFAULT, "main"), false));
    assertThat(bind(tenant, "a", 9)).containsExactly(1, 2, 3);
  }

  @Test
  protected void countsBelowOneAreRefused() {
    for (int max : new int[] {0, -1}) {
      assertThatThrownBy(() -> await(registry().list(Optional.empty(), max)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> await(registry().bindings(Optional.empty(), max)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    String tenant = newTenant();
    assign(tenant, "key", DEFAULT, "main");
    assertCompletesOnTheCallersContext(() -> registry().resolve(tenant, "key", DEFAULT));
    assertCompletesOnTheCallersContext(() -> registry().resolve(tenant, "nobody", DEFAULT));
    assertCompletesOnTheCallersContext(
        () -> registry().assign(new Mapping(tenant, "key", DEFAULT, "main"), false));
    assertCompletesOnTheCallersContext(
        () -> registry().assign(new Mapping(tenant, "key", DEFAULT, "other"), false));
    assertCompletesOnTheCallersContext(() -> registry().remove(tenant, "key"));
    assertCompletesOnTheCallersContext(() -> registry().list(Optional.empty(), 1));
    assertCompletesOnTheCallersContext(
        () -> registry().bind(new Binding(tenant, "key", new byte[1])));
    assertCompletesOnTheCallersContext(() -> registry().binding(tenant, "key"));
    assertCompletesOnTheCallersContext(() -> registry().bindings(Optional.empty(), 1));
  }

  @Test
  protected void aClosedStorageIsUnavailable() {
    StoreRegistry closed = close().registry();
    Mapping mapping = new Mapping(newTenant(), "key", DEFAULT, "main");
    Binding binding = new Binding(newTenant(), "key", new byte[1]);
    List<Supplier<Future<?>>> calls = List.of(
        () -> closed.resolve("tenant", "key", DEFAULT),
        () -> closed.assign(mapping, true),
        () -> closed.remove("tenant", "key"),
        () -> closed.list(Optional.empty(), 1),
        () -> closed.bind(binding),
        () -> closed.binding("tenant", "key"),
        () -> closed.bindings(Optional.empty(), 1));
    calls.forEach(call -> assertRefused(Reason.UNAVAILABLE, call));
  }

  // helpers

  private StoreRegistry registry() {
    return storage().registry();
  }

  private static String newTenant() {
    return newStore().tenant();
  }

  private void assign(String tenant, String publicKey, String requested, String store) {
    await(registry().assign(new Mapping(tenant, publicKey, requested, store), false));
  }

  private String resolve(String tenant, String publicKey, String requested) {
    return await(registry().resolve(tenant, publicKey, requested));
  }

  private byte[] bind(String tenant, String publicKey, int... signingKey) {
    byte[] bytes = new byte[signingKey.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) signingKey[i];
    }
    return await(registry().bind(new Binding(tenant, publicKey, bytes)));
  }

  private static Listed listed(
      String tenant, String publicKey, String requested, String store, boolean removed) {
    return new Listed(new Mapping(tenant, publicKey, requested, store), removed);
  }

  /** In pages: the mappings of the tenants that start with the tenant's name. */
  private List<Listed> list(String tenant) {
    List<Listed> all = new ArrayList<>();
    Mapping none = new Mapping(tenant.substring(0, tenant.length() - 1), "", "", "");
    for (Optional<Mapping> from = Optional.of(none); from.isPresent(); ) {
      List<Listed> page = await(registry().list(from, 7));
      assertThat(page).hasSizeLessThanOrEqualTo(7);
      page.stream().filter(each -> each.mapping().tenant().startsWith(tenant)).forEach(all::add);
      from = page.size() < 7 ? Optional.empty() : Optional.of(page.get(6).mapping());
    }
    return all;
  }

  /** In pages, as text. */
  private List<String> bindings(String tenant) {
    List<Binding> all = new ArrayList<>();
    Binding none = new Binding(tenant.substring(0, tenant.length() - 1), "", new byte[0]);
    for (Optional<Binding> from = Optional.of(none); from.isPresent(); ) {
      List<Binding> page = await(registry().bindings(from, 7));
      assertThat(page).hasSizeLessThanOrEqualTo(7);
      page.stream().filter(each -> each.tenant().startsWith(tenant)).forEach(all::add);
      from = page.size() < 7 ? Optional.empty() : Optional.of(page.get(6));
    }
    return shown(all);
  }

  private static List<String> shown(List<Binding> bindings) {
    return bindings.stream()
        .map(each ->
            each.tenant() + "|" + each.publicKey() + "|" + Arrays.toString(each.signingKey()))
        .toList();
  }

  private static void assertRefused(Reason reason, Supplier<? extends Future<?>> call) {
    Future<?> future = call.get();
    assertThatThrownBy(() -> await(future))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static Optional<Reason> reason(Throwable e) {
    return e instanceof RegistryException refused
        ? Optional.of(refused.reason())
        : Optional.empty();
  }
}
