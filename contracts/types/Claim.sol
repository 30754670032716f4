// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a provider stands behind: one run of a program (docs/program.md, "Claims").
/// @param programRoot keccak256 of the program's header.
/// @param paramsRoot List root over the commitments of the parameters.
/// @param inputsRoot keccak256 of the concatenated commitments of the inputs.
/// @param outputsRoot The same over the outputs.
/// @param seed Of the counter-based generator, 256 bits.
/// @param symbols Eight dynamic dimensions, symbol i in bits 32i … 32i+31, unused 0.
/// @param calls Number of calls, at least 1.
struct Claim {
    bytes32 programRoot;
    bytes32 paramsRoot;
    bytes32 inputsRoot;
    bytes32 outputsRoot;
    uint256 seed;
    uint256 symbols;
    uint32 calls;
}

using {hashClaim} for Claim global;

/// @notice The claim's hash, which stands for the claim everywhere.
/// @param claim The claim.
/// @param holder The contract that holds the claim: the market, or the receipts.
/// @return keccak256(abi.encode(chainId, holder, the claim's fields in their order)).
function hashClaim(Claim memory claim, address holder) view returns (bytes32) {
    return
        keccak256(
            abi.encode(
                block.chainid,
                holder,
                claim.programRoot,
                claim.paramsRoot,
                claim.inputsRoot,
                claim.outputsRoot,
                claim.seed,
                claim.symbols,
                claim.calls
            )
        );
}
