// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IModelRegistry
/// @notice The models that can be asked, each a program with its weights and the clocks its owner chose. Permissionless:
/// anybody registers anything with a valid header; a model says what is computed, never that it is useful.
///
/// What must hold:
/// - safety: a model's id is the hash of its owner and of all that a dispute depends on, so nobody can take another's id
///   or change a model; a model's clocks lie in the deployment's limits; its header passed every check of
///   docs/program.md, so each of its steps is decidable.
/// - liveness: deprecation stops new requests only; a deprecated model's record stays readable for ever.
///
/// Warning: the files of a model (records, weights) are published by its owner under their content hash. A model whose
/// files nobody holds cannot be checked by anybody.
interface IModelRegistry {
    /// @notice Between which values the owners of models choose, fixed at deployment.
    /// @param maxInclusionDelaySeconds D, the longest time for which the chain may fail to include a transaction.
    struct Limits {
        uint24 maxInclusionDelaySeconds;
        uint24 leastWindowSeconds;
        uint24 greatestWindowSeconds;
        uint24 leastProviderBudgetSeconds;
        uint24 greatestProviderBudgetSeconds;
        uint24 leastChallengerBudgetSeconds;
        uint24 greatestChallengerBudgetSeconds;
    }

    /// @notice A model's clocks.
    /// @param windowSeconds How long an answer may be challenged.
    /// @param providerBudgetSeconds The provider's time in one game, building the trace included; at least ten times the
    /// measured trace time.
    /// @param challengerBudgetSeconds A challenger's time in one game; at most a quarter of the provider's.
    struct Clocks {
        uint24 windowSeconds;
        uint24 providerBudgetSeconds;
        uint24 challengerBudgetSeconds;
    }

    /// @notice What the market needs of a model.
    /// @param bounds The header from its symbol count on: symbol bounds and input declarations (docs/program.md).
    struct Model {
        bytes32 programRoot;
        bytes32 paramsRoot;
        Clocks clocks;
        uint32 leastCalls;
        uint32 greatestCalls;
        bytes bounds;
    }

    event ModelRegistered(
        bytes32 indexed modelId,
        address indexed owner,
        bytes32 indexed programRoot,
        bytes32 paramsRoot,
        Clocks clocks,
        bytes header,
        string contentUri,
        bytes32 previous
    );
    event ModelDeprecated(bytes32 indexed modelId);
    event ModelMoved(bytes32 indexed modelId, string contentUri);

    error ModelRegistry_LimitsOutOfOrder();
    error ModelRegistry_WindowBelowTwiceInclusionDelay(uint256 seconds_, uint256 leastSeconds);
    error ModelRegistry_ChallengerBudgetAboveQuarter(uint256 challengerSeconds, uint256 providerSeconds);
    error ModelRegistry_ClockOutOfLimits(uint256 seconds_, uint256 leastSeconds, uint256 greatestSeconds);
    error ModelRegistry_AlreadyRegistered(bytes32 modelId);
    error ModelRegistry_Unknown(bytes32 modelId);
    error ModelRegistry_NotOwner(bytes32 modelId, address caller);
    error ModelRegistry_Deprecated(bytes32 modelId);

    /// @notice Registers a model.
    /// @param header The program's header, checked field by field; its hash is the program root.
    /// @param paramsRoot Root over the commitments of the parameters.
    /// @param clocks Within the limits.
    /// @param contentUri Where the files are published.
    /// @param previous The caller's model of which this is a new version, or 0.
    /// @return modelId keccak256(abi.encode(owner, programRoot, paramsRoot, clocks)).
    function register(
        bytes calldata header,
        bytes32 paramsRoot,
        Clocks calldata clocks,
        string calldata contentUri,
        bytes32 previous
    ) external returns (bytes32 modelId);

    /// @notice Stops new requests of a model, for good.
    function deprecate(bytes32 modelId) external;

    /// @notice Says that a model's files are now published elsewhere.
    function moveContent(bytes32 modelId, string calldata contentUri) external;

    /// @notice A model as stored. Reverts for an unknown one.
    function modelOf(bytes32 modelId) external view returns (Model memory model);

    /// @notice The record (see ModelRecord) of a model that may be asked now. Reverts for one unknown or deprecated.
    function activeRecord(bytes32 modelId) external view returns (bytes memory record);

    /// @notice Owner, version number within its line (1 for the first), previous and next version, and whether deprecated.
    function lineageOf(
        bytes32 modelId
    ) external view returns (address owner, uint32 version, bytes32 previous, bytes32 next, bool deprecated);

    /// @notice The deployment's limits.
    function limits() external view returns (Limits memory);
}
