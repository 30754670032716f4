// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProgramHeader} from "../vm/ProgramHeader.sol";
import {ModelRecord} from "./ModelRecord.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @notice The model registry. A model's record is the code of a data contract (one cold account read, however long the
/// record), its owner and state one storage slot, its place in its line of versions two more.
///
/// The data contract's code is 0x00 (stop, so that it cannot be run) and a `ModelRecord`.
contract ModelRegistry is IModelRegistry {
    struct Entry {
        address record;
        bool deprecated;
        uint32 version;
    }

    struct Line {
        address owner;
        bytes32 previous;
        bytes32 next;
    }

    /// Where a header's least and greatest call numbers stand, and where its symbol count does.
    uint256 private constant CALLS_OFFSET = 158;
    uint256 private constant BOUNDS_OFFSET = 262;

    uint24 private immutable MAX_INCLUSION_DELAY_SECONDS;
    uint24 private immutable LEAST_WINDOW_SECONDS;
    uint24 private immutable GREATEST_WINDOW_SECONDS;
    uint24 private immutable LEAST_PROVIDER_BUDGET_SECONDS;
    uint24 private immutable GREATEST_PROVIDER_BUDGET_SECONDS;
    uint24 private immutable LEAST_CHALLENGER_BUDGET_SECONDS;
    uint24 private immutable GREATEST_CHALLENGER_BUDGET_SECONDS;

    mapping(bytes32 modelId => Entry) private _entries;
    mapping(bytes32 modelId => Line) private _lines;

    constructor(Limits memory bounds) {
        // INVARIANT: between the least and the greatest of each clock there is a value.
        if (
            bounds.leastWindowSeconds > bounds.greatestWindowSeconds ||
            bounds.leastProviderBudgetSeconds > bounds.greatestProviderBudgetSeconds ||
            bounds.leastChallengerBudgetSeconds > bounds.greatestChallengerBudgetSeconds ||
            bounds.maxInclusionDelaySeconds == 0
        ) revert ModelRegistry_LimitsOutOfOrder();
        _requireTwiceInclusionDelay(bounds.leastWindowSeconds, bounds.maxInclusionDelaySeconds);
        _requireTwiceInclusionDelay(bounds.leastProviderBudgetSeconds, bounds.maxInclusionDelaySeconds);
        _requireTwiceInclusionDelay(bounds.leastChallengerBudgetSeconds, bounds.maxInclusionDelaySeconds);
        _requireQuarter(bounds.leastChallengerBudgetSeconds, bounds.leastProviderBudgetSeconds);
        _requireQuarter(bounds.greatestChallengerBudgetSeconds, bounds.greatestProviderBudgetSeconds);

        MAX_INCLUSION_DELAY_SECONDS = bounds.maxInclusionDelaySeconds;
        LEAST_WINDOW_SECONDS = bounds.leastWindowSeconds;
        GREATEST_WINDOW_SECONDS = bounds.greatestWindowSeconds;
        LEAST_PROVIDER_BUDGET_SECONDS = bounds.leastProviderBudgetSeconds;
        GREATEST_PROVIDER_BUDGET_SECONDS = bounds.greatestProviderBudgetSeconds;
        LEAST_CHALLENGER_BUDGET_SECONDS = bounds.leastChallengerBudgetSeconds;
        GREATEST_CHALLENGER_BUDGET_SECONDS = bounds.greatestChallengerBudgetSeconds;
    }

    /// @inheritdoc IModelRegistry
    function register(
        bytes calldata header,
        bytes32 paramsRoot,
        Clocks calldata clocks,
        string calldata contentUri,
        bytes32 previous
    ) external returns (bytes32 modelId) {
        // INVARIANT: every step of a registered program is decidable: only valid headers are stored.
        ProgramHeader.check(header);
        _requireWithin(clocks.windowSeconds, LEAST_WINDOW_SECONDS, GREATEST_WINDOW_SECONDS);
        _requireWithin(clocks.providerBudgetSeconds, LEAST_PROVIDER_BUDGET_SECONDS, GREATEST_PROVIDER_BUDGET_SECONDS);
        _requireWithin(
            clocks.challengerBudgetSeconds,
            LEAST_CHALLENGER_BUDGET_SECONDS,
            GREATEST_CHALLENGER_BUDGET_SECONDS
        );
        _requireQuarter(clocks.challengerBudgetSeconds, clocks.providerBudgetSeconds);

        bytes32 programRoot = keccak256(header);
        modelId = keccak256(abi.encode(msg.sender, programRoot, paramsRoot, clocks));
        // INVARIANT: a model is stored once and never changes.
        if (_entries[modelId].record != address(0)) revert ModelRegistry_AlreadyRegistered(modelId);
        uint32 version = 1;
        if (previous != 0) {
            // INVARIANT: only the owner of a model makes a version of it, and a line of versions does not fork.
            if (_lines[previous].owner != msg.sender) revert ModelRegistry_NotOwner(previous, msg.sender);
            if (_lines[previous].next != 0) revert ModelRegistry_AlreadyRegistered(_lines[previous].next);
            version = _entries[previous].version + 1;
            _lines[previous].next = modelId;
        }
        _lines[modelId] = Line({owner: msg.sender, previous: previous, next: 0});
        _entries[modelId] = Entry({
            record: _write(
                abi.encodePacked(
                    programRoot,
                    paramsRoot,
                    clocks.windowSeconds,
                    clocks.providerBudgetSeconds,
                    clocks.challengerBudgetSeconds,
                    header[CALLS_OFFSET:CALLS_OFFSET + 8],
                    header[BOUNDS_OFFSET:]
                )
            ),
            deprecated: false,
            version: version
        });
        emit ModelRegistered(modelId, msg.sender, programRoot, paramsRoot, clocks, header, contentUri, previous);
    }

    /// @inheritdoc IModelRegistry
    function deprecate(bytes32 modelId) external {
        _requireOwner(modelId);
        // INVARIANT: a model is deprecated once.
        if (_entries[modelId].deprecated) revert ModelRegistry_Deprecated(modelId);
        _entries[modelId].deprecated = true;
        emit ModelDeprecated(modelId);
    }

    /// @inheritdoc IModelRegistry
    function moveContent(bytes32 modelId, string calldata contentUri) external {
        _requireOwner(modelId);
        emit ModelMoved(modelId, contentUri);
    }

    /// @inheritdoc IModelRegistry
    function modelOf(bytes32 modelId) external view returns (Model memory model) {
        bytes memory record = _read(modelId, _entries[modelId].record);
        model.programRoot = ModelRecord.programRoot(record);
        model.paramsRoot = ModelRecord.paramsRoot(record);
        model.clocks = Clocks({
            windowSeconds: ModelRecord.windowSeconds(record),
            providerBudgetSeconds: ModelRecord.providerBudgetSeconds(record),
            challengerBudgetSeconds: ModelRecord.challengerBudgetSeconds(record)
        });
        model.leastCalls = ModelRecord.leastCalls(record);
        model.greatestCalls = ModelRecord.greatestCalls(record);
        model.bounds = new bytes(record.length - ModelRecord.BOUNDS);
        for (uint256 i = 0; i < model.bounds.length; ++i) model.bounds[i] = record[ModelRecord.BOUNDS + i];
    }

    /// @inheritdoc IModelRegistry
    function activeRecord(bytes32 modelId) external view returns (bytes memory) {
        Entry memory entry = _entries[modelId];
        // INVARIANT: a deprecated model takes no new requests.
        if (entry.deprecated) revert ModelRegistry_Deprecated(modelId);
        return _read(modelId, entry.record);
    }

    /// @inheritdoc IModelRegistry
    function lineageOf(
        bytes32 modelId
    ) external view returns (address owner, uint32 version, bytes32 previous, bytes32 next, bool deprecated) {
        Line memory line = _lines[modelId];
        Entry memory entry = _entries[modelId];
        return (line.owner, entry.version, line.previous, line.next, entry.deprecated);
    }

    /// @inheritdoc IModelRegistry
    function limits() external view returns (Limits memory) {
        return
            Limits({
                maxInclusionDelaySeconds: MAX_INCLUSION_DELAY_SECONDS,
                leastWindowSeconds: LEAST_WINDOW_SECONDS,
                greatestWindowSeconds: GREATEST_WINDOW_SECONDS,
                leastProviderBudgetSeconds: LEAST_PROVIDER_BUDGET_SECONDS,
                greatestProviderBudgetSeconds: GREATEST_PROVIDER_BUDGET_SECONDS,
                leastChallengerBudgetSeconds: LEAST_CHALLENGER_BUDGET_SECONDS,
                greatestChallengerBudgetSeconds: GREATEST_CHALLENGER_BUDGET_SECONDS
            });
    }

    /// Makes a data contract whose code is a stop byte and `data`.
    function _write(bytes memory data) private returns (address record) {
        // Init code: copy all that follows these 11 bytes to memory and return it.
        // PUSH1 11; CODESIZE; SUB; DUP1; PUSH1 11; RETURNDATASIZE; CODECOPY; RETURNDATASIZE; RETURN
        bytes memory creation = abi.encodePacked(hex"600b380380600b3d393df3", hex"00", data);
        assembly ("memory-safe") {
            record := create(0, add(creation, 32), mload(creation))
        }
        // A record is far below the code size limit, so only exhausted gas leads here, and it reverts by itself.
        assert(record != address(0));
    }

    function _read(bytes32 modelId, address record) private view returns (bytes memory data) {
        // INVARIANT: only a registered model has a record.
        if (record == address(0)) revert ModelRegistry_Unknown(modelId);
        uint256 size = record.code.length - 1;
        data = new bytes(size);
        assembly ("memory-safe") {
            extcodecopy(record, add(data, 32), 1, size)
        }
    }

    function _requireOwner(bytes32 modelId) private view {
        // INVARIANT: only its owner touches a model.
        if (_lines[modelId].owner != msg.sender) revert ModelRegistry_NotOwner(modelId, msg.sender);
    }

    function _requireWithin(uint256 value, uint256 least, uint256 greatest) private pure {
        // INVARIANT: a model's clocks lie within the deployment's limits.
        if (value < least || value > greatest) revert ModelRegistry_ClockOutOfLimits(value, least, greatest);
    }

    function _requireTwiceInclusionDelay(uint256 value, uint256 inclusionDelay) private pure {
        // INVARIANT: window and clocks are at least 2D, so a move that is sent at once is always in time.
        if (value < 2 * inclusionDelay) {
            revert ModelRegistry_WindowBelowTwiceInclusionDelay(value, 2 * inclusionDelay);
        }
    }

    function _requireQuarter(uint256 challengerBudget, uint256 providerBudget) private pure {
        // INVARIANT: a challenger delays for at most a quarter of the time the provider has.
        if (4 * challengerBudget > providerBudget) {
            revert ModelRegistry_ChallengerBudgetAboveQuarter(challengerBudget, providerBudget);
        }
    }
}
