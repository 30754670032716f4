// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "../libraries/ReentrancyGuard.sol";
import {IDecided} from "./IDecided.sol";
import {IStaking} from "./IStaking.sol";

/// @notice Stake, as one pool of shares per provider in a few storage slots: `Position` is written by every lock, `Operator`
/// read by it, `Shares` only where stake is leaving.
contract Staking is IStaking, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// What is at stake and for what. One slot.
    struct Position {
        uint96 stake;
        uint96 locked;
        uint40 latestEnd;
        uint24 owedTraceSeconds;
    }

    /// What a lock needs to know of the key that works. One slot, found by the key.
    struct Operator {
        uint32 provider;
        uint24 capacitySeconds;
        bool leaving;
    }

    /// A provider's key and counters. One slot. `generation` counts total slashes: shares of an older one are worth
    /// nothing.
    struct Keys {
        address operator;
        uint32 generation;
        uint32 entries;
    }

    /// Shares of the pool, and those of them that are leaving. One slot.
    struct Shares {
        uint128 total;
        uint128 leaving;
    }

    /// Shares on their way out. One slot.
    struct Entry {
        uint128 shares;
        uint40 maturesAt;
        uint32 generation;
    }

    struct Served {
        uint24 traceSeconds;
        uint96 priceUnits;
    }

    /// A share is worth at least 2^-32 smallest units whenever shares are made, so that share counts stay below 2^128.
    uint256 private constant WORTH_BITS = 32;

    IERC20 public immutable TOKEN;
    address public immutable MARKET;
    uint24 public immutable UNBONDING_DELAY_SECONDS;
    uint24 public immutable GREATEST_CAPACITY_SECONDS;

    /// @inheritdoc IStaking
    uint256 public uncollected;

    /// @inheritdoc IStaking
    mapping(uint32 provider => address owner) public ownerOf;

    uint32 private _providers;
    mapping(uint32 provider => Position) private _positions;
    mapping(address key => Operator) private _operators;
    mapping(uint32 provider => Keys) private _keys;
    mapping(uint32 provider => Shares) private _shares;
    mapping(uint32 provider => address operator) private _proposed;
    mapping(uint32 provider => mapping(uint32 entry => Entry)) private _entries;
    mapping(uint32 provider => mapping(bytes32 modelId => Served)) private _served;

    modifier onlyMarket() {
        // INVARIANT: only the market locks and slashes.
        if (msg.sender != MARKET) revert Staking_NotMarket(msg.sender);
        _;
    }

    modifier onlyOwner(uint32 provider) {
        // INVARIANT: only its owner decides for a provider.
        if (ownerOf[provider] != msg.sender) revert Staking_NotOwner(provider, msg.sender);
        _;
    }

    constructor(IERC20 token, address market, uint24 unbondingDelaySeconds, uint24 greatestCapacitySeconds) {
        TOKEN = token;
        MARKET = market;
        UNBONDING_DELAY_SECONDS = unbondingDelaySeconds;
        GREATEST_CAPACITY_SECONDS = greatestCapacitySeconds;
    }

    /// @inheritdoc IStaking
    function join(uint24 capacitySeconds, string calldata endpoint) external returns (uint32 provider) {
        // INVARIANT: a key serves one provider.
        if (_operators[msg.sender].provider != 0) revert Staking_KeyInUse(msg.sender);
        // INVARIANT: nobody can take on work before there is a game to decide about it.
        if (IDecided(MARKET).game() == address(0)) revert Staking_NoGame();
        _requireCapacity(capacitySeconds);
        provider = ++_providers;
        _operators[msg.sender] = Operator({provider: provider, capacitySeconds: capacitySeconds, leaving: false});
        ownerOf[provider] = msg.sender;
        _keys[provider].operator = msg.sender;
        emit ProviderJoined(provider, msg.sender, capacitySeconds, endpoint);
        emit OperatorChanged(provider, address(0), msg.sender);
    }

    /// @inheritdoc IStaking
    function proposeOperator(uint32 provider, address operator) external onlyOwner(provider) {
        _proposed[provider] = operator;
        emit OperatorProposed(provider, operator);
    }

    /// @inheritdoc IStaking
    function becomeOperator(uint32 provider) external {
        // INVARIANT: a key works for a provider only if both agreed.
        if (_proposed[provider] != msg.sender) revert Staking_NotProposed(provider, msg.sender);
        // INVARIANT: a key serves one provider.
        if (_operators[msg.sender].provider != 0) revert Staking_KeyInUse(msg.sender);
        address before = _keys[provider].operator;
        delete _proposed[provider];
        _operators[msg.sender] = _operators[before];
        delete _operators[before];
        _keys[provider].operator = msg.sender;
        emit OperatorChanged(provider, before, msg.sender);
    }

    /// @inheritdoc IStaking
    function setEndpoint(uint32 provider, string calldata endpoint) external onlyOwner(provider) {
        emit EndpointChanged(provider, endpoint);
    }

    /// @inheritdoc IStaking
    function setCapacity(uint32 provider, uint24 capacitySeconds) external onlyOwner(provider) {
        _requireCapacity(capacitySeconds);
        _operatorOf(provider).capacitySeconds = capacitySeconds;
        emit CapacityChanged(provider, capacitySeconds);
    }

    /// @inheritdoc IStaking
    function serve(
        uint32 provider,
        bytes32 modelId,
        uint24 traceSeconds,
        uint96 priceUnits
    ) external onlyOwner(provider) {
        _served[provider][modelId] = Served({traceSeconds: traceSeconds, priceUnits: priceUnits});
        emit ModelServed(provider, modelId, traceSeconds, priceUnits);
    }

    /// @inheritdoc IStaking
    function deposit(uint32 provider, uint96 amount) external nonReentrant {
        // INVARIANT: stake belongs to a provider that exists.
        if (ownerOf[provider] == address(0)) revert Staking_NotOwner(provider, address(0));
        // INVARIANT: every deposit makes at least one share.
        if (amount == 0) revert Staking_ZeroAmount();
        Position storage position = _positions[provider];
        Shares storage shares = _shares[provider];
        (uint256 stake, uint256 total) = (position.stake, shares.total);
        // INVARIANT: a share's worth never falls so low that share counts could overflow.
        if (stake << WORTH_BITS < total) revert Staking_PoolWornOut(provider, stake, total);
        uint256 made = total == 0 ? amount : (amount * total) / stake;
        position.stake = _toUint96(stake + amount);
        shares.total = _toUint128(total + made);
        emit Deposited(provider, msg.sender, amount, made);

        uint256 before = TOKEN.balanceOf(address(this));
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = TOKEN.balanceOf(address(this)) - before;
        // INVARIANT: the balance grows by exactly what is booked.
        if (received != amount) revert Staking_TokenTookFee(amount, received);
    }

    /// @inheritdoc IStaking
    function unbond(uint32 provider, uint96 amount) external onlyOwner(provider) returns (uint32 entry) {
        Position memory position = _positions[provider];
        Shares memory shares = _shares[provider];
        Keys storage keys = _keys[provider];
        // INVARIANT: an entry holds something.
        if (amount == 0) revert Staking_ZeroAmount();
        uint256 staying = shares.total - shares.leaving;
        uint256 available = shares.total == 0 ? 0 : (uint256(position.stake) * staying) / shares.total;
        // INVARIANT: only stake that is not leaving yet can begin to leave.
        if (amount > available) revert Staking_NotEnoughStake(provider, amount, available);
        // All that is available takes all shares with it, so that no dust stays behind.
        uint256 moved = amount == available ? staying : (uint256(amount) * shares.total) / position.stake;
        uint256 delayed = block.timestamp + UNBONDING_DELAY_SECONDS;
        uint40 maturesAt = uint40(delayed > position.latestEnd ? delayed : position.latestEnd);
        entry = ++keys.entries;
        _operators[keys.operator].leaving = true;
        _shares[provider].leaving = _toUint128(shares.leaving + moved);
        _entries[provider][entry] = Entry({
            shares: _toUint128(moved),
            maturesAt: maturesAt,
            generation: keys.generation
        });
        emit UnbondingBegun(provider, entry, moved, maturesAt);
    }

    /// @inheritdoc IStaking
    function withdraw(
        uint32 provider,
        uint32 entry
    ) external nonReentrant onlyOwner(provider) returns (uint256 amount) {
        Entry memory leaving = _entries[provider][entry];
        // INVARIANT: an entry is paid once.
        if (leaving.maturesAt == 0) revert Staking_NoEntry(provider, entry);
        // INVARIANT: an entry is not paid before everything that it could answer for has ended.
        if (block.timestamp < leaving.maturesAt) revert Staking_NotMature(provider, entry, leaving.maturesAt);
        delete _entries[provider][entry];
        Keys storage keys = _keys[provider];
        if (leaving.generation == keys.generation) {
            Position storage position = _positions[provider];
            Shares memory shares = _shares[provider];
            amount = (uint256(position.stake) * leaving.shares) / shares.total;
            uint256 left = position.stake - amount;
            // INVARIANT: locked ≤ stake.
            if (left < position.locked) revert Staking_StillLocked(provider, left, position.locked);
            position.stake = uint96(left);
            shares.total -= leaving.shares;
            shares.leaving -= leaving.shares;
            _shares[provider] = shares;
            if (shares.leaving == 0) _operators[keys.operator].leaving = false;
        }
        emit Withdrawn(provider, entry, msg.sender, amount);
        if (amount != 0) TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStaking
    function lock(
        address operator,
        bytes32 modelId,
        uint256 amount,
        uint40 latestEnd
    ) external onlyMarket returns (uint32 provider, uint24 traceSeconds) {
        Operator memory key = _operators[operator];
        provider = key.provider;
        // INVARIANT: only an operator takes on work.
        if (provider == 0) revert Staking_NotOperator(operator);
        traceSeconds = _served[provider][modelId].traceSeconds;
        // INVARIANT: a provider takes on work only for models that it says it serves.
        if (traceSeconds == 0) revert Staking_NotServed(provider, modelId);
        Position memory position = _positions[provider];
        uint256 owed = uint256(position.owedTraceSeconds) + traceSeconds;
        // INVARIANT: all traces that a provider could owe fit in half its budget.
        if (owed > key.capacitySeconds) revert Staking_OverCapacity(provider, owed, key.capacitySeconds);
        uint256 staying = key.leaving ? _staying(provider, position.stake) : position.stake;
        uint256 locked = position.locked + amount;
        // INVARIANT: new work is locked against stake that is not leaving.
        if (locked > staying) {
            revert Staking_NotEnoughStake(provider, amount, staying > position.locked ? staying - position.locked : 0);
        }
        position.locked = uint96(locked);
        position.owedTraceSeconds = uint24(owed);
        if (latestEnd > position.latestEnd) position.latestEnd = latestEnd;
        _positions[provider] = position;
    }

    /// @inheritdoc IStaking
    function unlock(uint32 provider, uint256 amount, uint24 traceSeconds) external onlyMarket {
        _free(provider, amount, 0, traceSeconds);
    }

    /// @inheritdoc IStaking
    function slash(uint32 provider, uint256 amount, uint256 slashed, uint24 traceSeconds) external onlyMarket {
        // INVARIANT: a slash takes at most its own lock.
        if (slashed > amount) revert Staking_UnlockAboveLock(provider, slashed, amount);
        uint256 stake = _free(provider, amount, slashed, traceSeconds);
        uncollected += slashed;
        if (stake == 0) {
            // A pool of which nothing is left begins anew: no share may be worth nothing and count.
            delete _shares[provider];
            _keys[provider].generation += 1;
            _operatorOf(provider).leaving = false;
        }
        emit Slashed(provider, slashed);
    }

    /// @inheritdoc IStaking
    function collect() external nonReentrant returns (uint256 amount) {
        amount = uncollected;
        uncollected = 0;
        emit SlashesCollected(amount);
        if (amount != 0) TOKEN.safeTransfer(MARKET, amount);
    }

    /// @inheritdoc IStaking
    function providerOf(address key) external view returns (uint32 provider) {
        return _operators[key].provider;
    }

    /// @inheritdoc IStaking
    function operatorOf(uint32 provider) external view returns (address operator) {
        return _keys[provider].operator;
    }

    /// @inheritdoc IStaking
    function providerAt(uint32 provider) external view returns (Provider memory) {
        Position memory position = _positions[provider];
        address operator = _keys[provider].operator;
        Operator memory key = _operators[operator];
        uint96 staying = uint96(key.leaving ? _staying(provider, position.stake) : position.stake);
        return
            Provider({
                owner: ownerOf[provider],
                operator: operator,
                stake: position.stake,
                locked: position.locked,
                leaving: position.stake - staying,
                unlocked: staying > position.locked ? staying - position.locked : 0,
                latestEnd: position.latestEnd,
                owedTraceSeconds: position.owedTraceSeconds,
                capacitySeconds: key.capacitySeconds
            });
    }

    /// @inheritdoc IStaking
    function servedBy(uint32 provider, bytes32 modelId) external view returns (uint24, uint96) {
        Served memory served = _served[provider][modelId];
        return (served.traceSeconds, served.priceUnits);
    }

    /// @inheritdoc IStaking
    function entryOf(uint32 provider, uint32 entry) external view returns (uint256 amount, uint40 maturesAt) {
        Entry memory leaving = _entries[provider][entry];
        maturesAt = leaving.maturesAt;
        if (maturesAt != 0 && leaving.generation == _keys[provider].generation) {
            amount = (uint256(_positions[provider].stake) * leaving.shares) / _shares[provider].total;
        }
    }

    /// Takes `slashed` from the stake and `amount` from what is locked.
    function _free(
        uint32 provider,
        uint256 amount,
        uint256 slashed,
        uint24 traceSeconds
    ) private returns (uint256 stake) {
        Position memory position = _positions[provider];
        // INVARIANT: what is freed was locked.
        if (amount > position.locked) revert Staking_UnlockAboveLock(provider, amount, position.locked);
        position.locked -= uint96(amount);
        position.stake -= uint96(slashed);
        position.owedTraceSeconds -= traceSeconds;
        _positions[provider] = position;
        return position.stake;
    }

    function _operatorOf(uint32 provider) private view returns (Operator storage) {
        return _operators[_keys[provider].operator];
    }

    /// Stake that is not leaving, rounded down.
    function _staying(uint32 provider, uint256 stake) private view returns (uint256) {
        Shares memory shares = _shares[provider];
        if (shares.total == 0) return 0;
        return (stake * (shares.total - shares.leaving)) / shares.total;
    }

    function _requireCapacity(uint24 capacitySeconds) private view {
        // INVARIANT: all traces that a provider could owe fit in half its budget.
        if (capacitySeconds > GREATEST_CAPACITY_SECONDS) {
            revert Staking_CapacityTooLarge(capacitySeconds, GREATEST_CAPACITY_SECONDS);
        }
    }

    function _toUint96(uint256 value) private pure returns (uint96) {
        assert(value <= type(uint96).max);
        return uint96(value);
    }

    function _toUint128(uint256 value) private pure returns (uint128) {
        assert(value <= type(uint128).max);
        return uint128(value);
    }
}
